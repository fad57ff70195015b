#!/usr/bin/env python3
"""Makes tests/vectors/wechat_push.json: pushes as WeChat's description says them, by a program that shares nothing with ours.

Needs `cryptography`. The randomness is drawn from a fixed seed, so that the file can be made again.
"""
import base64
import hashlib
import json
import pathlib
import random
import string
from xml.sax.saxutils import escape

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

draw = random.Random(20261127)
LETTERS = string.ascii_letters + string.digits


def word(count):
    return "".join(draw.choice(LETTERS) for _ in range(count))


def sign(*parts):
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


def pad(data, block=32):
    count = block - len(data) % block
    return data + bytes([count]) * count


def encrypt(key, text, appid, padded=None, length=None):
    raw = base64.b64decode(key + "=")[:32]
    body = text.encode()
    whole = draw.randbytes(16) + (len(body) if length is None else length).to_bytes(4, "big") + body + appid.encode()
    cipher = Cipher(algorithms.AES(raw), modes.CBC(raw[:16])).encryptor()
    return base64.b64encode(cipher.update(padded(whole) if padded else pad(whole)) + cipher.finalize()).decode()


def xml(value, name):
    if isinstance(value, list):
        return "".join(xml(one, name) for one in value)
    if isinstance(value, dict):
        return f"<{name}>" + "".join(xml(one, key) for key, one in value.items()) + f"</{name}>"
    if draw.random() < 0.5:
        return f"<{name}><![CDATA[{value}]]></{name}>"
    return f"<{name}>{escape(str(value))}</{name}>"


def texts(value):
    """What XML can hold: every leaf is a text."""
    if isinstance(value, dict):
        return {key: texts(one) for key, one in value.items()}
    if isinstance(value, list):
        return [texts(one) for one in value]
    return str(value)


MESSAGES = [
    {"Event": "debug_demo", "debug_str": "你好，<世界> & more"},
    {"Event": "subscribe_msg_popup_event", "List": {"TemplateId": "t1", "SubscribeStatusString": "accept", "PopupScene": "0"}},
    {"Event": "subscribe_msg_popup_event", "List": [{"TemplateId": "t1", "SubscribeStatusString": "accept", "PopupScene": "0"}, {"TemplateId": "t2", "SubscribeStatusString": "reject", "PopupScene": "0"}]},
    {"Event": "subscribe_msg_sent_event", "List": {"TemplateId": "t1", "MsgID": "1864323726461255680", "ErrorCode": "0", "ErrorStatus": "success"}},
    {"Event": "wxa_media_check", "appid": "wx1", "trace_id": "60f96f1d-3845297a-1976a3ae", "version": 2, "result": {"suggest": "pass", "label": 100}},
    {"Event": "user_authorization_cancellation", "OpenID": "o9AgO5Kd", "AppID": "wx1", "RevokeInfo": "8"},
]

vectors = []


def add(name, verdict, token, key, appid, query, body, message=None):
    expected = {"verdict": verdict}
    if message is not None:
        expected["message"] = message
    source = {"token": token, "appid": appid, "query": query, "body": body}
    if key:
        source["encoding_aes_key"] = key
    vectors.append({"id": name, "input": source, "expected": expected})


def push(name, mode, form, message, *, verdict="opened", token=None, key=None, ours=None, theirs=None, bend=None, **cipher):
    token = token or word(draw.randint(3, 32))
    ours = ours or "wx" + word(16)
    stamp, nonce = str(draw.randint(1_700_000_000, 1_900_000_000)), str(draw.randint(1, 2_000_000_000))
    whole = {"ToUserName": "gh_" + word(12), "FromUserName": "o" + word(27), "CreateTime": int(stamp), "MsgType": "event", **message}
    text = json.dumps(whole, ensure_ascii=False) if form == "json" else xml(whole, "xml")
    query = {"signature": sign(token, stamp, nonce), "timestamp": stamp, "nonce": nonce, "openid": whole["FromUserName"]}
    body = text
    if mode != "plain":
        key = key or word(43)
        sealed = encrypt(key, text, theirs or ours, **cipher)
        query |= {"encrypt_type": "aes", "msg_signature": sign(token, stamp, nonce, sealed)}
        outer = ({} if mode == "safe" else whole) | {"ToUserName": whole["ToUserName"], "Encrypt": sealed}
        body = json.dumps(outer, ensure_ascii=False) if form == "json" else xml(outer, "xml")
    if bend:
        query, body = bend(query, body)
    message = (whole if form == "json" else texts(whole)) if verdict == "opened" else None
    add(name, verdict, token, key, ours, query, body, message)


for n, message in enumerate(MESSAGES):
    for mode in ["plain", "safe", "compatible"]:
        for form in ["json", "xml"]:
            push(f"push-{mode}-{form}-{n}", mode, form, message)
demo = MESSAGES[0]
for length in range(0, 33):
    push(f"push-length-{length}", "safe", "json", {"Event": "debug_demo", "debug_str": "x" * length})
push("push-trailing-bits", "safe", "json", demo, key=word(42) + "9")
push("push-other-app", "safe", "json", demo, verdict="other_app", theirs="wxSOMEONEELSE00000")
push("push-longer-app", "safe", "json", demo, verdict="other_app", ours="wxabc", theirs="wxabcd")
push("push-no-app", "safe", "json", demo, verdict="other_app", ours="wxabc", theirs="\0")
push("push-padding-0", "safe", "json", demo, verdict="undecipherable", padded=lambda whole: whole + b"\0" * (32 - len(whole) % 32))
push("push-padding-48", "safe", "json", demo, verdict="undecipherable", padded=lambda whole: whole + bytes([48]) * (64 - len(whole) % 16))
push("push-padding-uneven", "safe", "json", demo, verdict="undecipherable", padded=lambda whole: pad(whole + b"\1" * (31 - len(whole) % 32))[:-1] + b"\5")
push("push-length-lies", "safe", "json", demo, verdict="undecipherable", length=0xFFFFFFFF)
push("push-length-short", "safe", "json", demo, verdict="other_app", length=3)
push("push-msg-signature-of-three", "safe", "json", demo, verdict="forged", bend=lambda q, b: (q | {"msg_signature": q["signature"]}, b))
push("push-msg-signature-missing", "safe", "json", demo, verdict="forged", bend=lambda q, b: ({k: v for k, v in q.items() if k != "msg_signature"}, b))
push("push-nonce-bent", "safe", "xml", demo, verdict="forged", bend=lambda q, b: (q | {"nonce": q["nonce"] + "0"}, b))
push("push-body-swapped", "safe", "json", demo, verdict="forged", bend=lambda q, b: (q, json.dumps({"Encrypt": encrypt(word(43), "{}", "wx1")})))
push("push-downgraded", "compatible", "json", demo, verdict="mode", bend=lambda q, b: ({k: v for k, v in q.items() if not k.endswith("msg_signature") and k != "encrypt_type"}, b))
push("push-encrypt-missing", "compatible", "json", demo, verdict="malformed", bend=lambda q, b: (q, json.dumps({k: v for k, v in json.loads(b).items() if k != "Encrypt"})))
push("push-plain-forged", "plain", "json", demo, verdict="forged", bend=lambda q, b: (q | {"timestamp": "1700000000"}, b))
push("push-plain-torn", "plain", "json", demo, verdict="malformed", bend=lambda q, b: (q, b[:-1]))
push("push-plain-xml-torn", "plain", "xml", demo, verdict="malformed", bend=lambda q, b: (q, b[:-1]))

place = pathlib.Path(__file__).resolve().parent.parent / "vectors" / "wechat_push.json"
place.write_text(json.dumps({"meta": {"made_by": "tests/wechat/make_push_vectors.py", "count": len(vectors)}, "vectors": vectors}, ensure_ascii=False, indent=0) + "\n")
print(len(vectors), "vectors")
