#!/usr/bin/env python3
"""Makes tests/vectors/tencent_unseen.json: requests and callbacks of Tencent's services and of LiveKit, genuine and
forged, as their descriptions say them, by a program that shares nothing with ours.

TC3-HMAC-SHA256 (cloud.tencent.com/document/api/1323/69793), 电子签 callbacks (product/1323), 腾讯会议 requests and
webhooks (product/1095/42413, 51612), TRTC UserSig, PrivateMapKey and callbacks (product/647/17275, 51586), LiveKit
webhooks (docs.livekit.io), and the cert_hash of 微信人脸核身.

Needs `cryptography`. The randomness is drawn from a fixed seed, so that the file can be made again.
"""
import base64
import datetime
import hashlib
import hmac
import json
import pathlib
import random
import string

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

draw = random.Random(20261128)
LETTERS = string.ascii_letters + string.digits
CASES = 20


def word(count):
    return "".join(draw.choice(LETTERS) for _ in range(count))


def chinese(count):
    return "".join(draw.choice("益阳竹业签约云洽谈厂房资阳赫山桃江安化南县沅江李玥𠮷") for _ in range(count))


def b64(data):
    return base64.b64encode(data).decode()


def mac(key, data):
    key = key.encode() if isinstance(key, str) else key
    return hmac.new(key, data.encode() if isinstance(data, str) else data, hashlib.sha256)


def dumped(value):
    return json.dumps(value, ensure_ascii=draw.random() < 0.5, separators=draw.choice([(",", ":"), (", ", ": ")]))


def encrypted(key, data):
    block = draw.choice([16, 32])
    count = block - len(data) % block
    cipher = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return b64(cipher.update(data + bytes([count]) * count) + cipher.finalize())


def tc3():
    secret_id, secret_key = "AKID" + word(32), word(32)
    service, action = draw.choice([("ess", "StartFlow"), ("ess", "CreateFlowByFiles"), ("sms", "SendSms"), ("ess", None)])
    host, at = f"{service}.tencentcloudapi.com", draw.randrange(1_500_000_000, 2_000_000_000)
    kind = "application/json; charset=utf-8"
    body = dumped({"Operator": {"UserId": word(16)}, "FlowId": word(20), "FlowName": chinese(8)})
    day = datetime.datetime.fromtimestamp(at, datetime.timezone.utc).strftime("%Y-%m-%d")
    names = "content-type;host" + (";x-tc-action" if action else "")
    headers = f"content-type:{kind}\nhost:{host}\n" + (f"x-tc-action:{action.lower()}\n" if action else "")
    canonical = "\n".join(["POST", "/", "", headers, names, hashlib.sha256(body.encode()).hexdigest()])
    scope = f"{day}/{service}/tc3_request"
    text = f"TC3-HMAC-SHA256\n{at}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = ("TC3" + secret_key).encode()
    for part in (day, service, "tc3_request"):
        key = mac(key, part).digest()
    authorization = f"TC3-HMAC-SHA256 Credential={secret_id}/{scope}, SignedHeaders={names}, Signature={mac(key, text).hexdigest()}"
    return {"secret_id": secret_id, "secret_key": secret_key, "service": service, "host": host, "action": action,
            "content_type": kind, "body": body, "at": at, "authorization": authorization}


def ess_callback(n):
    token, key, flow, message = word(32), word(32), word(24), word(20)
    said = dumped({"MsgId": message, "MsgType": "FlowStatusChange", "MsgVersion": "ThirdPartyApp",
                   "MsgData": {"FlowId": flow, "FlowName": chinese(6), "FlowCallbackStatus": draw.randrange(1, 9)}})
    bend = ["genuine", "genuine", "body", "token", "prefix", "empty", "short", "key"][n % 8]
    raw = dumped({"encrypt": encrypted((word(32) if bend == "key" else key).encode(), said.encode())})
    signature = "sha256=" + mac(word(32) if bend == "token" else token, raw).hexdigest()
    if bend == "body":
        raw = raw.replace(":", ": ", 1)
    signature = {"prefix": signature[7:], "empty": "", "short": signature[:-2]}.get(bend, signature)
    verdict = {"genuine": "genuine", "key": "unreadable"}.get(bend, "forged")
    return {"token": token, "key": key, "raw": raw, "signature": signature, "bend": bend, "verdict": verdict,
            "msg_id": message, "flow_id": flow}


def meeting_request():
    secret_id, secret_key, nonce = word(32), word(48), str(draw.randrange(1, 10**9))
    at = str(draw.randrange(1_500_000_000, 2_000_000_000))
    method, uri = draw.choice([("GET", f"/v1/meetings/{draw.randrange(10**18)}?userid={word(8)}&instanceid=1"),
                               ("POST", "/v1/meetings"), ("PUT", f"/v1/meetings/{draw.randrange(10**18)}")])
    body = "" if method == "GET" else dumped({"userid": word(8), "subject": chinese(9), "type": 0})
    text = f"{method}\nX-TC-Key={secret_id}&X-TC-Nonce={nonce}&X-TC-Timestamp={at}\n{uri}\n{body}"
    return {"secret_id": secret_id, "secret_key": secret_key, "method": method, "uri": uri, "nonce": nonce, "at": at,
            "body": body, "signature": b64(mac(secret_key, text).hexdigest().encode())}


def meeting_webhook(n):
    token, at, nonce = word(25), str(draw.randrange(10**12, 2 * 10**12)), str(draw.randrange(10**8))
    key = None if n % 2 else word(43)
    plain = dumped({"event": draw.choice(["meeting.started", "meeting.end"]), "unique_sequence": word(16),
                    "payload": [{"meeting_info": {"meeting_id": str(draw.randrange(10**18)), "subject": chinese(7)}}]})
    bend = ["genuine", "genuine", "data", "nonce", "token", "empty", "short", "time", "plain", "genuine"][n % 10]
    raw = base64.b64decode(key + "=")[:32] if key else b""
    data = encrypted(raw, plain.encode()) if key and bend != "plain" else b64(plain.encode())
    parts = sorted([word(25) if bend == "token" else token, at, nonce, data])
    signature = hashlib.sha1("".join(parts).encode()).hexdigest()
    signature = {"empty": "", "short": signature[:-2]}.get(bend, signature)
    if bend == "data":
        data = data[:20] + ("A" if data[20] != "A" else "B") + data[21:]
    at, nonce = at + "0" if bend == "time" else at, nonce + "0" if bend == "nonce" else nonce
    verdict = {"genuine": "genuine", "plain": "unreadable"}.get(bend, "forged")
    return {"token": token, "key": key, "timestamp": at, "nonce": nonce, "data": data, "signature": signature,
            "bend": bend, "verdict": verdict, "plain": plain}


def trtc_signature(n):
    app, key, user = draw.randrange(10**9, 2 * 10**9), word(64), word(draw.randrange(1, 33))
    at, life, may = draw.randrange(1_500_000_000, 2_000_000_000), draw.choice([60, 600, 86_400]), draw.choice([255, 42])
    room = [None, draw.randrange(1, 2**32), word(draw.randrange(1, 40))][n % 3]
    text = f"TLS.identifier:{user}\nTLS.sdkappid:{app}\nTLS.time:{at}\nTLS.expire:{life}\n"
    said = {"TLS.ver": "2.0", "TLS.identifier": user, "TLS.sdkappid": app, "TLS.expire": life, "TLS.time": at}
    if room is not None:
        named = isinstance(room, str)
        numbers = [app, 0 if named else room, at + life, may, 0]
        buffer = bytes([named]) + len(user).to_bytes(2, "big") + user.encode()
        buffer += b"".join(number.to_bytes(4, "big") for number in numbers)
        buffer += len(room).to_bytes(2, "big") + room.encode() if named else b""
        said["TLS.userbuf"] = b64(buffer)
        text += f"TLS.userbuf:{b64(buffer)}\n"
    said["TLS.sig"] = b64(mac(key, text).digest())
    return {"app_id": app, "key": key, "user": user, "at": at, "life": life, "may": may, "room": room, "json": said}


def trtc_callback(n):
    app, key, room, user = draw.randrange(10**9, 2 * 10**9), word(32), word(20), word(32)
    millis = draw.randrange(1_500_000_000_000, 2_000_000_000_000)
    kind, name = draw.choice([(101, "create_room"), (102, "dismiss_room"), (103, "enter_room"), (104, "exit_room")])
    info = {"RoomId": room, "EventTs": millis // 1000, "EventMsTs": millis, "UserId": user, "Role": 21}
    body = dumped({"EventGroupId": 1, "EventType": kind, "CallbackTs": millis + 9, "EventInfo": info})
    bend = ["genuine", "genuine", "body", "key", "app", "hex", "empty"][n % 7]
    made = mac(word(32) if bend == "key" else key, body)
    sign = {"hex": made.hexdigest(), "empty": ""}.get(bend, b64(made.digest()))
    said = str(app + 1) if bend == "app" else str(app)
    if bend == "body":
        body = body.replace("21", "20")
    return {"app_id": app, "said_app_id": said, "key": key, "sign": sign, "body": body, "bend": bend,
            "verdict": "genuine" if bend == "genuine" else "forged", "name": name, "room": room, "user": user,
            "at_millis": millis}


def livekit_webhook(n):
    key, secret, now = word(15), word(44), draw.randrange(1_500_000_000, 2_000_000_000)
    room, identity, name = word(20), word(32), chinese(3)
    body = dumped({"event": draw.choice(["participant_joined", "participant_left", "room_finished"]), "id": "EV_" + word(12),
                   "createdAt": str(now), "room": {"sid": word(12), "name": room},
                   "participant": {"identity": identity, "name": name}})
    bends = ["genuine", "genuine", "body", "secret", "issuer", "none", "expired", "early", "hex", "genuine"]
    bend = bends[n % 10]
    digest = hashlib.sha256(body.encode())
    claims = {"iss": word(15) if bend == "issuer" else key, "nbf": now + (3600 if bend == "early" else 0),
              "exp": now + (-3600 if bend == "expired" else 300), "sha256": digest.hexdigest() if bend == "hex" else b64(digest.digest())}
    coded = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
             for part in ({"alg": "none" if bend == "none" else "HS256", "typ": "JWT"}, claims)]
    signature = mac(word(44) if bend == "secret" else secret, ".".join(coded)).digest()
    coded.append("" if bend == "none" else base64.urlsafe_b64encode(signature).decode().rstrip("="))
    if bend == "body":
        body = body.replace(room, word(20))
    return {"key": key, "secret": secret, "now": now, "authorization": ".".join(coded), "body": body, "bend": bend,
            "verdict": "genuine" if bend == "genuine" else "forged", "room": room, "identity": identity, "person": name}


def face_hash():
    name, number = chinese(draw.randrange(2, 5)), "".join(draw.choice(string.digits) for _ in range(17)) + draw.choice("0123456789X")
    text = "&".join(f"{k}={b64(v.encode())}" for k, v in [("cert_type", "IDENTITY_CARD"), ("cert_name", name), ("cert_no", number)])
    return {"cert_name": name, "cert_no": number, "cert_hash": hashlib.sha256(text.encode()).hexdigest()}


made = {
    "meta": {"what": "made by tests/wechat/make_tencent_vectors.py; names, numbers and keys are random and nobody's"},
    "tc3": [tc3() for _ in range(CASES)],
    "ess_callbacks": [ess_callback(n) for n in range(2 * CASES)],
    "meeting_requests": [meeting_request() for _ in range(CASES)],
    "meeting_webhooks": [meeting_webhook(n) for n in range(2 * CASES)],
    "trtc_signatures": [trtc_signature(n) for n in range(CASES)],
    "trtc_callbacks": [trtc_callback(n) for n in range(2 * CASES)],
    "livekit_webhooks": [livekit_webhook(n) for n in range(2 * CASES)],
    "face_hashes": [face_hash() for _ in range(CASES)],
}
path = pathlib.Path(__file__).parent.parent / "vectors" / "tencent_unseen.json"
path.write_text(json.dumps(made, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
