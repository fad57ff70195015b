#!/usr/bin/env python3
"""Makes tests/vectors/wechat_calls.json: sealed calls and answers as WeChat's guide says them, forged ones beside them.

Needs `cryptography` and the `openssl` program, which makes every SM2 signature. Keys and random salts are new each time.
"""
import base64
import json
import os
import pathlib
import random
import subprocess
import tempfile

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

draw = random.Random(20261127)
NOW = 1_790_000_000
HOST = "https://api.weixin.qq.com"
folder = pathlib.Path(tempfile.mkdtemp())


def b64(data):
    return base64.b64encode(data).decode()


def openssl(*words, text=None):
    return subprocess.run(["openssl", *words], input=text, capture_output=True, check=True, cwd=folder).stdout


def serial():
    return draw.randbytes(16).hex()


class Rsa:
    def __init__(self):
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def private(self):
        return self.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()

    def public(self):
        return self.key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()

    def sign(self, text, how=None, **_):
        pad = padding.PKCS1v15() if how == "pkcs1" else padding.PSS(padding.MGF1(hashes.SHA256()), 20 if how == "salt" else 32)
        return self.key.sign(text, pad, hashes.SHA256())


class Sm2:
    def __init__(self):
        self.pem = openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:SM2", "-pkeyopt", "ec_param_enc:named_curve")

    def private(self):
        return self.pem.decode()

    def public(self):
        return openssl("pkey", "-pubout", text=self.pem).decode()

    def sign(self, text, how=None, identity=None):
        (folder / "key").write_bytes(self.pem)
        (folder / "text").write_bytes(text)
        identity = "1234567812345678" if how == "default-id" else identity
        signature = openssl("pkeyutl", "-sign", "-rawin", "-digest", "sm3", "-inkey", "key", "-in", "text", "-pkeyopt", f"distid:{identity}")
        if how != "raw":
            return signature
        # r and s one behind the other instead of DER; both are read by their lengths.
        r_end = 4 + signature[3]
        r, s = signature[4:r_end], signature[r_end + 2:]
        return r.lstrip(b"\0").rjust(32, b"\0") + s.lstrip(b"\0").rjust(32, b"\0")


def certificate(pair):
    (folder / "key").write_text(pair.private())
    digest = "-sha256" if isinstance(pair, Rsa) else "-sm3"
    return openssl("req", "-x509", "-new", "-key", "key", digest, "-days", "3650", "-subj", "/CN=test of sealed calls").decode()


class Party:
    """One mini-program and the platform, with the keys of one suite."""

    def __init__(self, name, suite, legacy=False):
        kind = Rsa if suite == "aes" else Sm2
        self.name, self.suite, self.appid = name, suite, "wx" + draw.randbytes(8).hex()
        self.key, self.key_serial = draw.randbytes(32 if suite == "aes" else 16), serial()
        self.ours, self.our_serial = kind(), serial()
        # A platform may sign with RSA whatever the suite is.
        self.theirs, self.their_serial = (Rsa() if legacy else kind()), serial()

    def written(self):
        return {"id": self.name, "suite": self.suite, "appid": self.appid, "key": b64(self.key), "key_serial": self.key_serial,
                "private_key": self.ours.private(), "public_key": self.ours.public(), "private_key_serial": self.our_serial,
                "certificate": certificate(self.theirs), "certificate_serial": self.their_serial, "platform_key": self.theirs.private()}

    def encrypt(self, url, stamp, plain, key=None, iv=None):
        iv = iv or draw.randbytes(12)
        algorithm = (algorithms.AES if self.suite == "aes" else algorithms.SM4)(key or self.key)
        cipher = Cipher(algorithm, modes.GCM(iv)).encryptor()
        cipher.authenticate_additional_data(f"{url}|{self.appid}|{stamp}|{self.key_serial}".encode())
        data = cipher.update(plain) + cipher.finalize()
        return {"iv": b64(iv), "data": b64(data), "authtag": b64(cipher.tag)}

    def plain(self, content, stamp, **change):
        own = {"_n": b64(draw.randbytes(draw.randint(16, 32))), "_appid": self.appid, "_timestamp": stamp}
        return json.dumps(own | content | change, ensure_ascii=False).encode()


answers, requests = [], []
PATH = "/wxa/msg_sec_check"


def answer(party, name, verdict, content=None, *, stamp=NOW, now=NOW, change=None, plain=None, body=None, sealed_for=PATH, signed=None, how=None, signer=None, head=None, after=None, key=None, iv=None):
    content = {"errcode": 0, "errmsg": "ok"} if content is None else content
    url = HOST + PATH
    inside = plain if plain is not None else party.plain(content, stamp, **(change or {}))
    body = body or json.dumps(party.encrypt(HOST + sealed_for, stamp, inside, key, iv), separators=(",", ":"))
    text = signed(url, party, stamp, body) if signed else f"{url}\n{party.appid}\n{stamp}\n{body}"
    signature = b64((signer or party.theirs).sign(text.encode(), how=how, identity=party.their_serial))
    headers = {"Wechatmp-Appid": party.appid, "Wechatmp-TimeStamp": str(stamp), "Wechatmp-Serial": party.their_serial, "Wechatmp-Signature": signature}
    headers = head(headers) if head else headers
    body = after(body) if after else body
    found = {"id": f"{party.name}-{name}", "keys": party.name, "url": url, "now": now, "headers": headers, "body": body, "verdict": verdict}
    if verdict == "opened":
        found["answer"] = content
    answers.append(found)


def request(party, name, code, asked=None, *, stamp=NOW, now=NOW, change=None, sealed_for=PATH, how=None, signer=None, head=None, after=None, key=None, drop=None):
    asked = {"content": "一段话", "version": 2, "scene": 2, "openid": "oStandin00000000000000000000"} if asked is None else asked
    inside = json.loads(party.plain(asked, stamp, **(change or {})))
    if drop:
        del inside[drop]
    body = json.dumps(party.encrypt(HOST + sealed_for, stamp, json.dumps(inside, ensure_ascii=False).encode(), key), separators=(",", ":"))
    signature = b64((signer or party.ours).sign(f"{HOST + PATH}\n{party.appid}\n{stamp}\n{body}".encode(), how=how, identity=party.our_serial))
    headers = {"Wechatmp-AppId": party.appid, "Wechatmp-TimeStamp": str(stamp), "Wechatmp-Signature": signature}
    headers = head(headers) if head else headers
    found = {"id": f"{party.name}-{name}", "keys": party.name, "path": PATH, "now": now, "headers": headers, "body": after(body) if after else body, "code": code}
    if code == 0:
        found["asked"] = asked
    requests.append(found)


def without(name):
    return lambda headers: {k: v for k, v in headers.items() if k != name}


def flipped(text, field):
    envelope = json.loads(text)
    raw = bytearray(base64.b64decode(envelope[field]))
    raw[len(raw) // 2] ^= 1
    return json.dumps(envelope | {field: b64(bytes(raw))}, separators=(",", ":"))


aes, sm, mixed = Party("aes", "aes"), Party("sm", "sm"), Party("mixed", "sm", legacy=True)
for party in [aes, sm, mixed]:
    for n, content in enumerate([
        {"errcode": 0, "errmsg": "ok", "result": {"suggest": "pass", "label": 100}, "trace_id": "60ae120f-371d5872-7941a05b"},
        {"errcode": 61010, "errmsg": "code is expired rid: 1-2-3"},
        {"errcode": 0, "phone_info": {"phoneNumber": "13580006666", "countryCode": 86, "watermark": {"timestamp": NOW, "appid": party.appid}}},
        {"errcode": 0, "errmsg": "益阳，<&> “引号” \\ \n 😀", "big": 1864323726461255680},
        {"errcode": 0, "buffer": b64(draw.randbytes(5000))},
        {},
    ]):
        answer(party, f"opened-{n}", "opened", content)
    answer(party, "five-minutes-old", "opened", now=NOW + 300)
    answer(party, "five-minutes-ahead", "opened", now=NOW - 300)
    answer(party, "rotated", "opened", head=lambda h: h | {"Wechatmp-Serial": serial(), "Wechatmp-Signature": b64(bytes(64)), "Wechatmp-Serial-Deprecated": h["Wechatmp-Serial"], "Wechatmp-Signature-Deprecated": h["Wechatmp-Signature"]})
    answer(party, "too-old", "stale", now=NOW + 301)
    answer(party, "too-early", "stale", now=NOW - 301)
    answer(party, "stamp-inside-differs", "stale", change={"_timestamp": NOW - 1})
    answer(party, "stamp-inside-is-text", "stale", change={"_timestamp": str(NOW)})
    answer(party, "stamp-in-head-moved", "forged", stamp=NOW - 1000, head=lambda h: h | {"Wechatmp-TimeStamp": str(NOW)})
    answer(party, "stamp-no-number", "stale", stamp="soon", signed=lambda u, p, s, b: f"{u}\n{p.appid}\n{s}\n{b}")
    answer(party, "other-app-in-head", "other_app", head=lambda h: h | {"Wechatmp-Appid": "wxsomebodyelse"})
    answer(party, "no-app-in-head", "other_app", head=without("Wechatmp-Appid"))
    answer(party, "other-app-inside", "other_app", change={"_appid": "wxsomebodyelse"})
    answer(party, "other-serial", "serial", head=lambda h: h | {"Wechatmp-Serial": serial()})
    answer(party, "no-serial", "serial", head=without("Wechatmp-Serial"))
    answer(party, "crossed-serials", "forged", head=lambda h: h | {"Wechatmp-Signature": b64(bytes(64)), "Wechatmp-Serial-Deprecated": serial(), "Wechatmp-Signature-Deprecated": h["Wechatmp-Signature"]})
    answer(party, "no-signature", "forged", head=without("Wechatmp-Signature"))
    answer(party, "signature-no-base64", "forged", head=lambda h: h | {"Wechatmp-Signature": "*" + h["Wechatmp-Signature"]})
    answer(party, "signed-by-us", "forged", signer=party.ours)
    answer(party, "five-lines", "forged", signed=lambda u, p, s, b: f"{u}\n{p.appid}\n{s}\n{p.their_serial}\n{b}")
    answer(party, "line-feed-behind", "forged", signed=lambda u, p, s, b: f"{u}\n{p.appid}\n{s}\n{b}\n")
    answer(party, "signed-without-scheme", "forged", signed=lambda u, p, s, b: f"{u[8:]}\n{p.appid}\n{s}\n{b}")
    answer(party, "signed-for-another-call", "forged", signed=lambda u, p, s, b: f"{HOST}/wxa/media_check_async\n{p.appid}\n{s}\n{b}")
    answer(party, "blank-behind-the-body", "forged", after=lambda b: b + " ")
    answer(party, "body-of-another-answer", "forged", after=lambda b, p=party: json.dumps(p.encrypt(HOST + PATH, NOW, p.plain({"errcode": 0, "result": {"suggest": "risky"}}, NOW))))
    for field in ["iv", "data", "authtag"]:
        answer(party, f"{field}-flipped", "forged", after=lambda b, f=field: flipped(b, f))
        bent = flipped(json.dumps(party.encrypt(HOST + PATH, NOW, party.plain({"errcode": 0}, NOW))), field)
        answer(party, f"{field}-flipped-and-signed", "undecipherable", body=bent)
    answer(party, "encrypted-for-another-call", "undecipherable", sealed_for="/wxa/media_check_async")
    answer(party, "other-key", "undecipherable", key=draw.randbytes(len(party.key)))
    whole = party.encrypt(HOST + PATH, NOW, party.plain({"errcode": 0}, NOW))
    answer(party, "short-tag", "undecipherable", body=json.dumps(whole | {"authtag": b64(base64.b64decode(whole["authtag"])[:12])}))
    answer(party, "empty-tag", "undecipherable", body=json.dumps(whole | {"authtag": ""}))
    answer(party, "long-iv", "undecipherable", iv=draw.randbytes(16))
    answer(party, "no-iv", "undecipherable", body=json.dumps({k: v for k, v in whole.items() if k != "iv"}))
    answer(party, "plain-but-signed", "undecipherable", body=json.dumps({"errcode": 0, "errmsg": "ok"}))
    answer(party, "no-json", "undecipherable", body="<html>502</html>")
    answer(party, "no-json-inside", "undecipherable", plain=b"errcode=0")
    answer(party, "list-inside", "undecipherable", plain=b"[1]")
    answer(party, "no-seal-inside", "other_app", plain=b'{"errcode":0}')
for how in ["pkcs1", "salt"]:
    answer(aes, f"signed-{how}", "forged", how=how)
for how in ["default-id", "raw"]:
    answer(sm, f"signed-{how}", "forged", how=how)

for party in [aes, sm]:
    request(party, "taken", 0)
    request(party, "taken-empty", 0, {})
    request(party, "taken-late", 0, now=NOW + 300)
    request(party, "no-app", 40233, head=without("Wechatmp-AppId"))
    request(party, "no-stamp", 40231, head=without("Wechatmp-TimeStamp"))
    request(party, "no-signature", 40232, head=without("Wechatmp-Signature"))
    request(party, "other-app", 40236, head=lambda h: h | {"Wechatmp-AppId": "wxsomebodyelse"})
    request(party, "too-old", 40240, now=NOW + 301)
    request(party, "too-early", 40240, now=NOW - 301)
    request(party, "signed-by-them", 40234, signer=party.theirs)
    request(party, "bent", 40234, after=lambda b: flipped(b, "data"))
    request(party, "other-key", 40235, key=draw.randbytes(len(party.key)))
    request(party, "for-another-call", 40235, sealed_for="/wxa/media_check_async")
    request(party, "other-app-inside", 40235, change={"_appid": "wxsomebodyelse"})
    request(party, "other-stamp-inside", 40235, change={"_timestamp": NOW - 1})
    request(party, "no-nonce", 40235, drop="_n")
request(aes, "pkcs1", 40234, how="pkcs1")
request(sm, "default-id", 40234, how="default-id")

place = pathlib.Path(__file__).resolve().parent.parent / "vectors" / "wechat_calls.json"
meta = {"made_by": "tests/wechat/make_call_vectors.py", "note": "the keys are for this file alone and protect nothing", "answers": len(answers), "requests": len(requests)}
place.write_text(json.dumps({"meta": meta, "keys": [party.written() for party in [aes, sm, mixed]], "answers": answers, "requests": requests}, ensure_ascii=False, indent=0) + "\n")
print(len(answers), "answers,", len(requests), "requests")
