// npm openid-client 6 as a relying application, feature by feature. One line per feature that worked; the first fault ends it.
//   node openid-client.mjs WORLD.json
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import * as jose from 'jose';
import * as oidc from 'openid-client';
import { Person } from './person.mjs';

const world = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const { issuer, callback } = world;
const plain = { execute: [oidc.allowInsecureRequests] };
const keys = await oidc.randomDPoPKeyPair('ES256');
const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
const signing = { key: await crypto.subtle.importKey('jwk', world.private_jwk, algorithm, false, ['sign']), kid: world.private_jwk.kid };

const web = await oidc.discovery(new URL(issuer), world.web.id, world.web.secret, oidc.ClientSecretBasic(world.web.secret), plain);
const assertion = () => oidc.PrivateKeyJwt(signing, { [oidc.modifyAssertion]: (_, payload) => { payload.aud = issuer; } });
// FAPI 2.0 and OpenID Connect clients alike name the issuer as the audience of their assertions.
const signed = await oidc.discovery(new URL(issuer), world.signed.id,
  { id_token_signed_response_alg: 'ES256', authorization_signed_response_alg: 'ES256' }, assertion(), plain);
for (const config of [web, signed]) oidc.enableNonRepudiationChecks(config);

const scope = 'openid offline_access profile tenant groups';
const person = new Person(issuer, world.email, world.password, world.tenant);
let checks;

async function request(extra = {}) {
  const verifier = oidc.randomPKCECodeVerifier();
  checks = { pkceCodeVerifier: verifier, expectedState: oidc.randomState(), expectedNonce: oidc.randomNonce(), idTokenExpected: true };
  return {
    redirect_uri: callback, scope, state: checks.expectedState, nonce: checks.expectedNonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256', ...extra,
  };
}

async function refused(promise, error) {
  await assert.rejects(promise, (fault) => (fault.error ?? fault.cause?.error) === error || assert.fail(`${fault.error}: ${fault.message}`));
}

const features = {
  async code() {
    const landed = await person.visit(oidc.buildAuthorizationUrl(web, await request()));
    const tokens = await oidc.authorizationCodeGrant(web, landed, checks);
    assert.equal(tokens.claims().tenant, world.tenant);
    assert.equal(tokens.claims().name, undefined, 'the claims of profile are for userinfo');
    const info = await oidc.fetchUserInfo(web, tokens.access_token, tokens.claims().sub);
    assert.equal(info.tenant, world.tenant);
    assert.equal(info.name, world.name);
    const next = await oidc.refreshTokenGrant(web, tokens.refresh_token);
    assert.equal(next.claims().sub, tokens.claims().sub);
    assert.equal((await oidc.tokenIntrospection(web, next.access_token)).active, true);
    await oidc.tokenRevocation(web, next.refresh_token);
    await refused(oidc.refreshTokenGrant(web, next.refresh_token), 'invalid_grant');
    await refused(oidc.authorizationCodeGrant(web, landed, checks), 'invalid_grant');
  },
  async private_key_jwt_and_par() {
    const landed = await person.visit(await oidc.buildAuthorizationUrlWithPAR(signed, await request()));
    const tokens = await oidc.authorizationCodeGrant(signed, landed, checks);
    assert.equal(tokens.token_type, 'bearer');
  },
  async jar() {
    const landed = await person.visit(await oidc.buildAuthorizationUrlWithJAR(signed, await request(), signing));
    assert.ok((await oidc.authorizationCodeGrant(signed, landed, checks)).access_token);
  },
  async jar_inside_par() {
    const object = await oidc.buildAuthorizationUrlWithJAR(signed, await request(), signing);
    const pushed = await oidc.buildAuthorizationUrlWithPAR(signed, { request: object.searchParams.get('request') });
    const landed = await person.visit(pushed);
    assert.ok((await oidc.authorizationCodeGrant(signed, landed, checks)).access_token);
  },
  async jarm() {
    const jarm = await oidc.discovery(new URL(issuer), world.signed.id,
      { id_token_signed_response_alg: 'ES256', authorization_signed_response_alg: 'ES256' }, assertion(), plain);
    oidc.useJwtResponseMode(jarm);
    const landed = await person.visit(oidc.buildAuthorizationUrl(jarm, await request()));
    assert.deepEqual([...landed.searchParams.keys()], ['response']);
    assert.ok((await oidc.authorizationCodeGrant(jarm, landed, checks)).access_token);
  },
  async dpop() {
    const DPoP = oidc.getDPoPHandle(signed, keys);
    const landed = await person.visit(await oidc.buildAuthorizationUrlWithPAR(signed, await request(), { DPoP }));
    const tokens = await oidc.authorizationCodeGrant(signed, landed, checks, undefined, { DPoP });
    assert.equal(tokens.token_type, 'dpop');
    const thumbprint = await jose.calculateJwkThumbprint(await jose.exportJWK(keys.publicKey));
    assert.equal(jose.decodeJwt(tokens.access_token).cnf.jkt, thumbprint);
    const info = await oidc.fetchUserInfo(signed, tokens.access_token, tokens.claims().sub, { DPoP });
    assert.equal(info.sub, tokens.claims().sub);
    const bearer = await fetch(signed.serverMetadata().userinfo_endpoint, { headers: { authorization: `Bearer ${tokens.access_token}` } });
    assert.equal(bearer.status, 401, 'a bound token is no bearer token');
    const next = await oidc.refreshTokenGrant(signed, tokens.refresh_token, undefined, { DPoP });
    assert.equal(next.token_type, 'dpop');
  },
  async hybrid() {
    const hybrid = await oidc.discovery(new URL(issuer), world.web.id, world.web.secret, oidc.ClientSecretBasic(world.web.secret), plain);
    oidc.useCodeIdTokenResponseType(hybrid);
    const landed = await person.visit(oidc.buildAuthorizationUrl(hybrid, await request()));
    assert.equal(landed.search, '', 'everything is in the fragment');
    assert.ok((await oidc.authorizationCodeGrant(hybrid, landed, checks)).access_token);
  },
  async device() {
    const device = await oidc.initiateDeviceAuthorization(web, { scope });
    const page = await person.visit(device.verification_uri_complete, { 'device-submit': {}, 'device-allow': { compared: 'yes' } });
    assert.ok(page.html, 'the browser stays at the provider');
    const tokens = await oidc.pollDeviceAuthorizationGrant(web, device, undefined, { signal: AbortSignal.timeout(20_000) });
    assert.ok(tokens.access_token);
  },
  async token_exchange() {
    const landed = await person.visit(oidc.buildAuthorizationUrl(web, await request()));
    const tokens = await oidc.authorizationCodeGrant(web, landed, checks);
    const exchanged = await oidc.genericGrantRequest(web, 'urn:ietf:params:oauth:grant-type:token-exchange', {
      subject_token: tokens.access_token,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      tenant: world.other_tenant,
      scope: 'openid tenant',
    });
    assert.equal(exchanged.issued_token_type, 'urn:ietf:params:oauth:token-type:access_token');
    const info = await oidc.fetchUserInfo(web, exchanged.access_token, oidc.skipSubjectCheck);
    assert.equal(info.tenant, world.other_tenant);
  },
  async back_channel_logout() {
    const received = new Promise((resolve) => {
      const { port } = new URL(world.backchannel_logout_uri);
      const receiver = createServer(async (incoming, answer) => {
        let body = '';
        for await (const part of incoming) body += part;
        answer.writeHead(200, { 'cache-control': 'no-store' }).end(() => receiver.close());
        receiver.closeAllConnections?.();
        resolve(new URLSearchParams(body).get('logout_token'));
      }).listen(Number(port), '127.0.0.1');
    });
    const landed = await person.visit(oidc.buildAuthorizationUrl(web, await request()));
    const tokens = await oidc.authorizationCodeGrant(web, landed, checks);
    const bye = oidc.buildEndSessionUrl(web, { post_logout_redirect_uri: world.bye, id_token_hint: tokens.id_token, state: 'bye' });
    assert.equal(String(await person.visit(bye)), `${world.bye}?state=bye`);
    const { payload } = await jose.jwtVerify(await received, jose.createRemoteJWKSet(new URL(web.serverMetadata().jwks_uri)),
      { issuer, audience: world.web.id, typ: 'logout+jwt' });
    assert.equal(payload.sid, tokens.claims().sid);
    assert.deepEqual(payload.events, { 'http://schemas.openid.net/event/backchannel-logout': {} });
    assert.equal('nonce' in payload, false);
    await refused(oidc.authorizationCodeGrant(web,
      await person.visit(oidc.buildAuthorizationUrl(web, await request({ prompt: 'none' }))), checks), 'login_required');
  },
};

const only = process.argv.slice(3);
for (const [name, run] of Object.entries(features)) {
  if (only.length && !only.includes(name)) continue;
  await run();
  console.log(`worked: ${name}`);
}
console.log('all worked');
process.exit(0);
