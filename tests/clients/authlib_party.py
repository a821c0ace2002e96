"""PyPI Authlib as a relying application, feature by feature. One line per feature that worked; the first fault ends it.

    python authlib_party.py WORLD.json [FEATURE…]
"""
import base64
import hashlib
import http.server
import json
import secrets
import sys
import threading
import time
from urllib.parse import parse_qs, urlencode, urlsplit

import requests
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from person import Person

with open(sys.argv[1], encoding="utf-8") as file:
    WORLD = json.load(file)
ISSUER, CALLBACK = WORLD["issuer"], WORLD["callback"]
META = requests.get(f"{ISSUER}/.well-known/openid-configuration", timeout=20).json()
JWKS = KeySet.import_key_set(requests.get(META["jwks_uri"], timeout=20).json())
SCOPE = "openid offline_access profile tenant groups"
SIGNING = ECKey.import_key(WORLD["private_jwk"])
PERSON = Person(ISSUER, WORLD["email"], WORLD["password"], WORLD["tenant"])


def web():
    return OAuth2Session(WORLD["web"]["id"], WORLD["web"]["secret"], scope=SCOPE, redirect_uri=CALLBACK, code_challenge_method="S256")


class ShortAssertion(PrivateKeyJWT):
    """Authlib lets assertions live for an hour; Tenantry takes five minutes."""

    def sign(self, auth, token_endpoint):
        self.claims = {"exp": int(time.time()) + 120}
        return super().sign(auth, token_endpoint)


def signed():
    session = OAuth2Session(WORLD["signed"]["id"], SIGNING, scope=SCOPE, redirect_uri=CALLBACK,
                            token_endpoint_auth_method="private_key_jwt", code_challenge_method="S256")
    session.register_client_auth_method(ShortAssertion(META["token_endpoint"], headers={"kid": WORLD["private_jwk"]["kid"]}, alg="ES256"))
    return session


def verified(token, typ, **claims):
    """The claims of a token of the provider, after signature, type, issuer and time were checked."""
    token = jwt.decode(token, JWKS, algorithms=["RS256", "ES256"])
    assert token.header["typ"] == typ, token.header
    demanded = {name: {"essential": True, "value": value} for name, value in claims.items()}
    jwt.JWTClaimsRegistry(iss={"essential": True, "value": ISSUER}, exp={"essential": True}, leeway=10, **demanded).validate(token.claims)
    return token.claims


def request(**extra):
    """Parameters of an authorization request, with the verifier that redeems its code."""
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    parameters = {"response_type": "code", "redirect_uri": CALLBACK, "scope": SCOPE, "state": secrets.token_urlsafe(16),
                  "nonce": secrets.token_urlsafe(16), "code_challenge": challenge, "code_challenge_method": "S256", **extra}
    return parameters, verifier


def landed(address):
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def authorize(client_id, parameters):
    return PERSON.visit(f"{META['authorization_endpoint']}?{urlencode({'client_id': client_id, **parameters})}")


def push(session, parameters):
    """RFC 9126: the request goes ahead, authenticated; the browser carries its name."""
    answer = session.post(META["pushed_authorization_request_endpoint"], data={"client_id": session.client_id, **parameters},
                          auth=session.client_auth(session.token_endpoint_auth_method), withhold_token=True)
    assert answer.status_code == 201, answer.text
    return answer.json()["request_uri"]


def redeem(session, code, verifier, **more):
    return session.fetch_token(META["token_endpoint"], grant_type="authorization_code", code=code, code_verifier=verifier, **more)


def code():
    session, verifier, nonce = web(), secrets.token_urlsafe(48), secrets.token_urlsafe(16)
    address, state = session.create_authorization_url(META["authorization_endpoint"], code_verifier=verifier, nonce=nonce)
    back = PERSON.visit(address)
    token = session.fetch_token(META["token_endpoint"], authorization_response=back, state=state, code_verifier=verifier)
    claims = verified(token["id_token"], "JWT", aud=WORLD["web"]["id"], nonce=nonce)
    info = session.get(META["userinfo_endpoint"]).json()
    assert info["sub"] == claims["sub"] and info["tenant"] == WORLD["tenant"], info
    first = token["refresh_token"]
    token = session.refresh_token(META["token_endpoint"])
    assert token["refresh_token"] != first
    assert session.introspect_token(META["introspection_endpoint"], token=token["access_token"]).json()["active"] is True
    assert session.revoke_token(META["revocation_endpoint"], token=token["refresh_token"]).status_code == 200
    try:
        session.refresh_token(META["token_endpoint"], refresh_token=token["refresh_token"])
    except OAuthError as fault:
        assert fault.error == "invalid_grant"
    else:
        raise AssertionError("a revoked token was refreshed")


def private_key_jwt_and_par():
    session = signed()
    parameters, verifier = request()
    back = landed(authorize(WORLD["signed"]["id"], {"request_uri": push(session, parameters)}))
    assert back["state"] == parameters["state"] and back["iss"] == ISSUER
    claims = verified(redeem(session, back["code"], verifier)["id_token"], "JWT", aud=WORLD["signed"]["id"], nonce=parameters["nonce"])
    assert claims["sub"]


def signed_request(parameters):
    now = int(time.time())
    claims = {"iss": WORLD["signed"]["id"], "aud": ISSUER, "client_id": WORLD["signed"]["id"], "iat": now, "nbf": now, "exp": now + 60}
    header = {"alg": "ES256", "typ": "oauth-authz-req+jwt", "kid": WORLD["private_jwk"]["kid"]}
    return jwt.encode(header, {**claims, "jti": secrets.token_urlsafe(16), **parameters}, SIGNING)


def jar():
    session = signed()
    parameters, verifier = request()
    back = landed(authorize(WORLD["signed"]["id"], {"request": signed_request(parameters)}))
    assert back["state"] == parameters["state"]
    assert redeem(session, back["code"], verifier)["access_token"]


def jarm():
    session = signed()
    parameters, verifier = request(response_mode="jwt")
    back = landed(authorize(WORLD["signed"]["id"], parameters))
    assert list(back) == ["response"], back
    answer = jwt.decode(back["response"], JWKS, algorithms=["ES256"]).claims
    assert answer["iss"] == ISSUER and answer["aud"] == WORLD["signed"]["id"] and answer["state"] == parameters["state"]
    assert redeem(session, answer["code"], verifier)["access_token"]


def dpop():
    key = ECKey.generate_key("P-256")
    nonces = {}

    def proof(method, url, token=None):
        claims = {"jti": secrets.token_urlsafe(16), "htm": method, "htu": url, "iat": int(time.time()), **nonces}
        if token:
            claims["ath"] = base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).rstrip(b"=").decode()
        return jwt.encode({"alg": "ES256", "typ": "dpop+jwt", "jwk": key.as_dict(private=False)}, claims, key)

    def post(session, url, body):
        for _ in range(2):  # RFC 9449 8: the second time with the nonce that the provider asked for
            answer = session.post(url, data=body, auth=session.client_auth(session.token_endpoint_auth_method), withhold_token=True,
                                  headers={"DPoP": proof("POST", url)})
            if answer.status_code == 200 or answer.json().get("error") != "use_dpop_nonce":
                break
            nonces["nonce"] = answer.headers["DPoP-Nonce"]
        assert answer.status_code == 200, answer.text
        return answer.json()

    session = signed()
    parameters, verifier = request(dpop_jkt=key.thumbprint())
    back = landed(authorize(WORLD["signed"]["id"], {"request_uri": push(session, parameters)}))
    form = {"grant_type": "authorization_code", "code": back["code"], "redirect_uri": CALLBACK, "code_verifier": verifier}
    token = post(session, META["token_endpoint"], form)
    assert token["token_type"] == "DPoP"
    assert verified(token["access_token"], "at+jwt")["cnf"] == {"jkt": key.thumbprint()}
    for _ in range(2):
        headers = {"authorization": f"DPoP {token['access_token']}", "DPoP": proof("GET", META["userinfo_endpoint"], token["access_token"])}
        info = requests.get(META["userinfo_endpoint"], headers=headers, timeout=20)
        if "DPoP-Nonce" in info.headers:
            nonces["nonce"] = info.headers["DPoP-Nonce"]
        if info.status_code == 200:
            break
    assert info.json()["tenant"] == WORLD["tenant"], info.text
    again = requests.get(META["userinfo_endpoint"], headers=headers, timeout=20)
    assert again.status_code == 401, "a proof is good for one use"


def device():
    session = web()
    answer = session.post(META["device_authorization_endpoint"], data={"scope": SCOPE}, withhold_token=True,
                          auth=session.client_auth("client_secret_basic"))
    assert answer.status_code == 200, answer.text
    granted = answer.json()
    poll = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": granted["device_code"]}
    try:
        session.fetch_token(META["token_endpoint"], **poll)
    except OAuthError as fault:
        assert fault.error == "authorization_pending", fault
    page = PERSON.visit(granted["verification_uri_complete"], {"device-submit": {}, "device-allow": {"compared": "yes"}})
    assert page
    for _ in range(10):
        time.sleep(granted["interval"])
        try:
            token = session.fetch_token(META["token_endpoint"], **poll)
            break
        except OAuthError as fault:
            assert fault.error in ("authorization_pending", "slow_down"), fault
    assert token["access_token"]


def token_exchange():
    session = web()
    parameters, verifier = request()
    back = landed(authorize(WORLD["web"]["id"], parameters))
    token = redeem(session, back["code"], verifier)
    exchanged = session.fetch_token(META["token_endpoint"], grant_type="urn:ietf:params:oauth:grant-type:token-exchange",
                                    subject_token=token["access_token"],
                                    subject_token_type="urn:ietf:params:oauth:token-type:access_token",
                                    tenant=WORLD["other_tenant"], scope="openid tenant")
    assert exchanged["issued_token_type"] == "urn:ietf:params:oauth:token-type:access_token"
    assert session.get(META["userinfo_endpoint"]).json()["tenant"] == WORLD["other_tenant"]


def back_channel_logout():
    received = []

    class Receiver(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            received.append(parse_qs(body)["logout_token"][0])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.HTTPServer(("127.0.0.1", urlsplit(WORLD["backchannel_logout_uri"]).port), Receiver)
    server.timeout = 30
    waiting = threading.Thread(target=server.handle_request)
    waiting.start()
    session = web()
    parameters, verifier = request()
    token = redeem(session, landed(authorize(WORLD["web"]["id"], parameters))["code"], verifier)
    sid = verified(token["id_token"], "JWT")["sid"]
    query = {"id_token_hint": token["id_token"], "post_logout_redirect_uri": WORLD["bye"], "state": "bye"}
    assert PERSON.visit(f"{META['end_session_endpoint']}?{urlencode(query)}") == f"{WORLD['bye']}?state=bye"
    waiting.join()
    server.server_close()
    claims = verified(received[0], "logout+jwt", aud=WORLD["web"]["id"])
    assert claims["sid"] == sid and "nonce" not in claims
    assert claims["events"] == {"http://schemas.openid.net/event/backchannel-logout": {}}


FEATURES = [code, private_key_jwt_and_par, jar, jarm, dpop, device, token_exchange, back_channel_logout]
for feature in FEATURES:
    if not sys.argv[2:] or feature.__name__ in sys.argv[2:]:
        feature()
        print(f"worked: {feature.__name__}", flush=True)
print("all worked")
