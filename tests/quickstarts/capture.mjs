// Captures the requests and answers of docs/developers anew, from a running server, and writes them into the pages: the
// blocks after each `<!-- captured: NAME -->`.
//   TENANTRY=target/debug/tenantry node tests/quickstarts/capture.mjs
// TENANTRY_PORT and APP_PORT stand for 8080 and 3000 of the pages.
import { execFileSync } from 'node:child_process';
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Browser } from './browser.mjs';
import { PAGES, blocks, home, issuer, ports, quiet, reachable, run, start, stop } from './stage.mjs';

const CALLBACK = `${home}/callback`;
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code';
const shown = new Map();
const received = [];

// ---- How things are written ----

// Secrets, tokens and ids are cut; they are long and nobody's.
function cut(text) {
  return text
    .replaceAll(/\beyJ[\w-]{9}[\w.-]*/g, (token) => `${token.slice(0, 12)}…`)
    .replaceAll(/\btn[a-z]_[\w-]{7,}/g, (token) => `${token.slice(0, 10)}…`)
    .replaceAll(/\b(?:cli|per|ten|tok|ses|lgo)_[0-9a-z]{26}/g, (id) => `${id.slice(0, 10)}…`);
}

function json(value) {
  const short = (key, inner) => (['x', 'y', 'n'].includes(key) && typeof inner === 'string' ? `${inner.slice(0, 8)}…` : inner);
  return JSON.stringify(value, short, 2);
}

const ported = new RegExp(`(localhost(?::|%3A))(${ports[8080]}|${ports[3000]})`, 'g');
const block = (language, body) => `\`\`\`${language}\n${cut(body).replaceAll(ported, (all, before, port) => before + (port === ports[8080] ? '8080' : '3000'))}\n\`\`\``;

const HEADERS = ['www-authenticate', 'location', 'content-type', 'cache-control', 'retry-after', 'dpop-nonce'];
const REASONS = { 200: 'OK', 201: 'Created', 204: 'No Content', 303: 'See Other', 400: 'Bad Request', 401: 'Unauthorized' };

function answer({ status, headers, body }) {
  const lines = HEADERS.filter((name) => headers.has(name)).map((name) => `${name}: ${headers.get(name)}`);
  return block('http', [`HTTP/1.1 ${status} ${REASONS[status]}`, ...lines, ...(body ? ['', body] : [])].join('\n'));
}

// An address with a line for each parameter.
function spread(address, left = () => true) {
  const [place, query] = String(address).split('?');
  const parts = query.split('&').filter((part) => left(part.split('=')[0]));
  const readable = (part) => part.replaceAll('%3A', ':').replaceAll('%2F', '/');
  return `${place}\n${parts.map((part, at) => `  ${at ? '&' : '?'}${readable(part)}`).join('\n')}`;
}

function redirect(location) {
  const [place, query] = String(location).split('?');
  const body = query.split('&').map((part, at) => `  ${at ? '&' : '?'}${part}`).join('\n');
  return block('http', `HTTP/1.1 303 See Other\nlocation: ${place}\n${body}`);
}

const part = (token, at) => JSON.parse(Buffer.from(token.split('.')[at], 'base64url').toString());

function jwt(token) {
  const header = part(token, 0);
  const flat = JSON.stringify(header, (key, inner) => (['x', 'y'].includes(key) ? `${inner.slice(0, 8)}…` : inner));
  return block('json', `${flat.replaceAll('":', '": ').replaceAll(',"', ', "')}\n${json(part(token, 1))}`);
}

// ---- What is asked ----

const basic = ({ client_id, client_secret }) => `Basic ${Buffer.from(`${client_id}:${client_secret}`).toString('base64')}`;

// A request of a program: what curl would be told, and the answer.
async function call(path, { client, form, headers = {}, method } = {}) {
  const sent = { ...headers, ...(client && { authorization: basic(client) }) };
  const body = form && new URLSearchParams(form);
  const response = await fetch(issuer + path, { method: method ?? (form ? 'POST' : 'GET'), headers: sent, body });
  const text = await response.text();
  const parsed = (response.headers.get('content-type') ?? '').startsWith('application/json');
  const value = parsed ? JSON.parse(text) : text;
  const lines = [
    `curl -i ${method ? `-X ${method} ` : ''}${client ? '-u "$CLIENT_ID:$CLIENT_SECRET" ' : ''}${issuer}${path}`,
    ...Object.entries(headers).map(([name, field]) => `  -H '${name}: ${field}'`),
    ...Object.entries(form ?? {}).map(([name, field]) => `  --data-urlencode '${name}=${field}'`),
  ];
  const told = answer({ status: response.status, headers: response.headers, body: parsed ? json(value) : value });
  return { value, status: response.status, headers: response.headers, blocks: [block('sh', lines.join(' \\\n')), told] };
}

async function capture(name, path, options) {
  const done = await call(path, options);
  shown.set(name, done.blocks);
  return done;
}

const token = (name, client, form, headers) => capture(name, '/token', { client, form, headers });

// Each request has a challenge of its own; its code remembers the verifier.
const verifiers = new Map();

function newChallenge() {
  const verifier = randomBytes(32).toString('base64url');
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  verifiers.set(challenge, verifier);
  return challenge;
}

function authorizeUrl(client, more = {}) {
  const all = {
    response_type: 'code', client_id: client.client_id, redirect_uri: CALLBACK,
    scope: 'openid profile offline_access tenant groups permissions', state: 'af0ifjsldkj', nonce: 'n-0S6_WzA2Mj',
    code_challenge: newChallenge(), code_challenge_method: 'S256', ...more,
  };
  return `${issuer}/authorize?${Object.entries(all).map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join('&')}`;
}

// Signs in as far as that is needed; the application's page is where it ends.
async function landing(browser, address, tenant = 'acme') {
  const page = await browser.visit(address, tenant);
  if (!String(page.url).startsWith(CALLBACK)) throw new Error(`stopped at ${page.url}\n${page.html}`);
  verifiers.set(page.url.searchParams.get('code'), verifiers.get(new URL(address).searchParams.get('code_challenge')));
  return page.url;
}

// A request that needs no page: only what makes it different is shown.
async function silent(name, browser, client, more, { keep = [] } = {}) {
  const address = authorizeUrl(client, { prompt: 'none', ...more });
  const location = (await browser.once(address)).headers.get('location');
  const named = ['client_id', 'prompt', ...Object.keys(more), ...keep];
  const request = `GET ${spread(address, (key) => named.includes(key))}\n  &…`;
  shown.set(name, [block('text', decodeURIComponent(request)), redirect(location)]);
  return new URL(location);
}

async function codeFor(browser, client, more, tenant) {
  return (await landing(browser, authorizeUrl(client, more), tenant)).searchParams.get('code');
}

const redeeming = (code) => ({ grant_type: 'authorization_code', code, redirect_uri: CALLBACK, code_verifier: verifiers.get(code) });

// ---- DPoP ----

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });

function proof(nonce) {
  const { kty, crv, x, y } = pair.publicKey.export({ format: 'jwk' });
  const text = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { jti: randomBytes(12).toString('base64url'), htm: 'POST', htu: `${issuer}/token`, iat: Math.floor(Date.now() / 1000), ...(nonce && { nonce }) };
  const signed = `${text({ typ: 'dpop+jwt', alg: 'ES256', jwk: { crv, x, y, kty } })}.${text(claims)}`;
  return `${signed}.${sign('sha256', Buffer.from(signed), { key: pair.privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

// ---- The acts ----

async function codeActs(shop, stranger) {
  const anna = person();
  const address = authorizeUrl(shop);
  const landed = await landing(anna, address);
  shown.set('authorize', [block('text', `GET ${spread(address)}`)]);
  shown.set('authorize-answer', [redirect(landed)]);
  await silent('authorize-silent', anna, shop, {});
  await silent('authorize-nobody', person(), shop, {});
  await silent('step-up-wish', anna, shop, { acr_values: 'urn:tenantry:acr:mfa' });
  await silent('step-up-demand', anna, shop, { claims: '{"id_token":{"acr":{"essential":true,"values":["urn:tenantry:acr:mfa"]}}}' });
  const signed = await silent('jarm', anna, shop, { response_mode: 'jwt' });
  shown.set('jarm-content', [jwt(signed.searchParams.get('response'))]);

  const { value: tokens } = await token('code', shop, redeeming(landed.searchParams.get('code')));
  shown.set('id-token', [jwt(tokens.id_token)]);
  shown.set('access-token', [jwt(tokens.access_token)]);
  const bearer = { authorization: `Bearer ${tokens.access_token}` };
  await capture('userinfo', '/userinfo', { headers: bearer });
  await capture('userinfo-unknown', '/userinfo', { headers: { authorization: 'Bearer xxxxxxxxxxxxxxxxxxxx' } });
  await capture('introspect', '/introspect', { client: shop, form: { token: tokens.access_token } });
  await capture('introspect-unknown', '/introspect', { client: shop, form: { token: 'xxxxxxxxxxxxxxxxxxxx' } });
  const inJwt = { accept: 'application/token-introspection+jwt' };
  const whole = await capture('introspect-jwt', '/introspect', { client: shop, form: { token: tokens.access_token }, headers: inJwt });
  shown.set('introspect-jwt-content', [jwt(whole.value)]);

  const { value: fresh } = await token('refresh', shop, { grant_type: 'refresh_token', refresh_token: tokens.refresh_token });
  await switchActs(anna, shop, fresh);
  const again = (await call('/token', { client: shop, form: redeeming(await codeFor(anna, shop, {})) })).value;
  await capture('revoke', '/revoke', { client: shop, form: { token: again.refresh_token } });
  await capture('revoked', '/introspect', { client: shop, form: { token: again.access_token } });
  await token('code-twice', shop, redeeming(landed.searchParams.get('code')));
  await token('wrong-secret', { ...stranger, client_secret: 'wrong' }, { grant_type: 'client_credentials' });
  await pushActs(anna, shop);
}

async function switchActs(anna, shop, tokens) {
  const other = await call('/token', { client: shop, form: redeeming(await codeFor(anna, shop, { tenant: 'globex' }, 'globex')) });
  await capture('switched-userinfo', '/userinfo', { headers: { authorization: `Bearer ${other.value.access_token}` } });
  const form = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token, tenant: 'globex' };
  const { value: switched } = await token('switch-refresh', shop, form);
  shown.set('switch-refresh-token', [jwt(switched.access_token)]);
  const subject = { grant_type: EXCHANGE, subject_token: switched.access_token, subject_token_type: ACCESS_TOKEN };
  const { value: traded } = await token('exchange', shop, { ...subject, tenant: 'acme', scope: 'openid tenant groups' });
  shown.set('exchange-token', [jwt(traded.access_token)]);
  await token('exchange-refused', shop, { ...subject, tenant: 'initech' });
}

async function pushActs(anna, shop) {
  const form = Object.fromEntries(new URL(authorizeUrl(shop)).searchParams);
  const { value } = await capture('par', '/par', { client: shop, form });
  const address = `${issuer}/authorize?client_id=${shop.client_id}&request_uri=${encodeURIComponent(value.request_uri)}`;
  shown.set('par-use', [block('text', `GET ${spread(address)}`)]);
  await landing(anna, address);
  const browser = await anna.once(address);
  if (browser.status !== 400) throw new Error(`a reference was good twice: ${browser.status}`);
}

async function machineActs(machine) {
  const form = { grant_type: 'client_credentials', scope: 'reports:read' };
  const { value } = await token('machine', machine, form);
  shown.set('machine-token', [jwt(value.access_token)]);
  const first = proof();
  shown.set('dpop-proof', [jwt(first)]);
  const demand = await token('dpop-demand', machine, form, { DPoP: first });
  const bound = await token('dpop', machine, form, { DPoP: proof(demand.headers.get('dpop-nonce')) });
  shown.set('dpop-token', [jwt(bound.value.access_token)]);
}

async function deviceActs(shop) {
  const { value: device } = await capture('device', '/device_authorization', { client: shop, form: { scope: 'openid tenant groups' } });
  const poll = { grant_type: DEVICE, device_code: device.device_code };
  await token('device-wait', shop, poll);
  const anna = person();
  anna.userCode = device.user_code;
  const page = await anna.visit(device.verification_uri_complete, 'acme');
  if (!page.html.includes('id="device-')) throw new Error(`the device was not let in: ${page.url}\n${page.html}`);
  const { value } = await token('device-done', shop, poll);
  if (!value.access_token) throw new Error(`no token for the device: ${JSON.stringify(value)}`);
}

// An application's person, and a service behind it that goes on in her name.
async function apiActs(desk, worker) {
  const anna = person();
  const asked = { scope: 'openid offline_access tenant groups', resource: 'https://ledger.example.com' };
  const form = { ...redeeming(await codeFor(anna, desk, asked)) };
  const { value: tokens } = await token('api-token', desk, form);
  shown.set('api-token-content', [jwt(tokens.access_token)]);
  await silent('api-guest', anna, desk, { tenant: 'globex', resource: 'https://ledger.example.com' });
  await codeFor(anna, desk, { scope: asked.scope, tenant: 'globex' }, 'globex');
  const both = (await call('/token', { client: desk, form: redeeming(await codeFor(anna, desk, { scope: `${asked.scope} orders`, tenant: 'acme' })) })).value;
  const guest = await token('api-guest-refresh', desk, {
    grant_type: 'refresh_token', refresh_token: tokens.refresh_token, tenant: 'globex',
  });
  if (guest.status !== 400) throw new Error('a guest has API access');
  await token('api-machine', worker, { grant_type: 'client_credentials', scope: 'orders', resource: 'https://ledger.example.com' });
  const own = (await call('/token', { client: worker, form: { grant_type: 'client_credentials', scope: 'orders' } })).value;
  const subject = { grant_type: EXCHANGE, subject_token: both.access_token, subject_token_type: ACCESS_TOKEN };
  const { value: delegated } = await token('exchange-across', worker, { ...subject, audience: 'https://orders.example.com' });
  shown.set('exchange-across-token', [jwt(delegated.access_token)]);
  await token('exchange-actor', worker, { ...subject, actor_token: own.access_token, actor_token_type: ACCESS_TOKEN });
  await token('exchange-across-tenant', worker, { ...subject, tenant: 'globex' });
}

async function registrationActs(initial) {
  const body = { client_name: 'Board', redirect_uris: ['https://board.example.com/callback'], grant_types: ['authorization_code', 'refresh_token'], scope: 'openid profile tenant' };
  const send = async (method, address, bearer, content) => {
    const response = await fetch(address, { method, headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' }, body: content && JSON.stringify(content) });
    const text = await response.text();
    return { status: response.status, headers: response.headers, value: text && JSON.parse(text), body: text && json(JSON.parse(text)) };
  };
  const curl = (method, address, variable, content) => {
    const place = `curl -i${method === 'POST' || method === 'GET' ? '' : ` -X ${method}`} ${address}`;
    const lines = [place, `  -H "Authorization: Bearer $${variable}"`, ...(content ? ["  -H 'Content-Type: application/json'", `  -d '${JSON.stringify(content)}'`] : [])];
    return block('sh', lines.join(' \\\n'));
  };
  const show = (name, request, done) => shown.set(name, [request, answer(done)]);
  const made = await send('POST', `${issuer}/register`, initial, body);
  show('register', curl('POST', `${issuer}/register`, 'INITIAL_ACCESS_TOKEN', body), made);
  const { registration_client_uri: own, registration_access_token: access, client_id } = made.value;
  const read = await send('GET', own, access);
  show('register-read', curl('GET', own, 'REGISTRATION_ACCESS_TOKEN'), read);
  const changed = { client_id, ...body, client_name: 'Board of Acme' };
  const replaced = await send('PUT', own, access, changed);
  show('register-replace', curl('PUT', own, 'REGISTRATION_ACCESS_TOKEN', changed), replaced);
  show('register-delete', curl('DELETE', own, 'REGISTRATION_ACCESS_TOKEN'), await send('DELETE', own, access));
  shown.set('register-refused', [answer(await send('GET', own, access))]);
}

async function logoutActs(shop) {
  const anna = person();
  const { value: tokens } = await call('/token', { client: shop, form: redeeming(await codeFor(anna, shop, {})) });
  const frame = await capture('check-session', '/session/check');
  shown.set('check-session', [block('http', answer({ ...frame, body: '' }).split('\n').slice(1, -1).concat('', '<!doctype html>…').join('\n'))]);
  const query = `id_token_hint=${tokens.id_token}&post_logout_redirect_uri=${encodeURIComponent(`${home}/`)}&state=xyz`;
  shown.set('logout', [block('text', `GET ${spread(`${issuer}/end-session?${query}`)}`)]);
  const response = await anna.once(`${issuer}/end-session?${query}`);
  shown.set('logout-answer', [answer({ status: response.status, headers: new Headers({ location: response.headers.get('location') ?? '' }) })]);
  const logout = await until(() => received.find((one) => one.path === '/backchannel'));
  const logoutToken = new URLSearchParams(logout.body).get('logout_token');
  shown.set('logout-call', [block('http', `POST /backchannel HTTP/1.1\ncontent-type: ${logout.type}\n\nlogout_token=${logoutToken}`)]);
  shown.set('logout-token', [jwt(logoutToken)]);
}

async function until(found) {
  for (let tries = 0; tries < 100; tries++) {
    if (found()) return found();
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error('nothing came');
}

const person = () => new Browser({ email: 'anna@example.com', password: 'correct horse battery staple' });

// ---- The stage ----

async function register(place, flags, metadata) {
  const file = join(place.cwd, 'metadata.json');
  writeFileSync(file, JSON.stringify(metadata));
  return JSON.parse(await run(`tenantry client add ${flags} --metadata-file ${file} --json`, place));
}

async function perform(work) {
  mkdirSync(join(work, 'bin'));
  if (process.env.TENANTRY) symlinkSync(resolve(process.env.TENANTRY), join(work, 'bin/tenantry'));
  const env = {
    ...process.env, PATH: `${join(work, 'bin')}:${process.env.PATH}`, TENANTRY__SERVER__ISSUER: issuer,
    TENANTRY__SERVER__LISTEN: `127.0.0.1:${ports[8080]}`, TENANTRY__SERVER__REQUIRE_DPOP_NONCES: 'true',
    TENANTRY__OUTBOUND__ALLOWED_NETWORKS: '127.0.0.0/8,::1/128', SSL_CERT_FILE: certificate,
  };
  const place = { cwd: work, env };
  await quiet(issuer);
  for (const { words, body } of blocks('try.md')) {
    if (words[0] === 'background') await reachable(issuer, start(body, place).output);
    else await run(body, place);
  }
  await capture('metadata', '/.well-known/openid-configuration');
  await capture('keys', '/jwks');
  stop();
  await quiet(issuer);
  await run(`tenantry api add --identifier https://ledger.example.com --name Ledger --requires-api-access
    tenantry api add --identifier https://orders.example.com --name Orders --scope orders`, place);
  const code = ['authorization_code', 'refresh_token'];
  const web = `--preset web --redirect-uri ${CALLBACK}`;
  const shop = await register(place, `${web} --name Shop --post-logout-redirect-uri ${home}/`, {
    grant_types: [...code, EXCHANGE, DEVICE], response_modes: ['query', 'form_post', 'jwt'], backchannel_logout_uri: `https://localhost:${secure.address().port}/backchannel`,
  });
  const machine = await register(place, '--preset machine --name Report --scope reports:read', { audiences: ['https://reports.example.com'] });
  const apis = ['https://ledger.example.com', 'https://orders.example.com'];
  const desk = await register(place, `${web} --name Desk`, { audiences: apis, scopes: ['openid', 'offline_access', 'tenant', 'groups', 'orders'] });
  const worker = await register(place, '--preset machine --name Worker --scope orders --scope tenant --scope groups', {
    grant_types: ['client_credentials', EXCHANGE], audiences: apis, token_exchange_subject_clients: [desk.client_id], token_exchange_may_act: true,
  });
  const initial = JSON.parse(await run('tenantry client registration-token add --uses 10 --days 30 --json', place));
  const server = start('TENANTRY__REGISTRATION__ENABLED=true tenantry serve', place);
  await reachable(issuer, server.output);
  try {
    await codeActs(shop, machine);
    await machineActs(machine);
    await deviceActs(shop);
    await apiActs(desk, worker);
    await registrationActs(Object.values(initial).find((value) => /^tn/.test(value)));
    await logoutActs(shop);
  } catch (fault) {
    throw new Error(`${fault.stack}\n${server.output.text}`);
  }
}

// Puts what was captured into a page; a page that wants what nobody captured is a fault.
function rewrite(page) {
  const file = join(PAGES, page);
  const marked = /^(<!-- captured: (\S+) -->\n)\n?(?:```\w+\n[^]*?^```\n\n?)*/gm;
  const text = readFileSync(file, 'utf8').replaceAll(marked, (whole, mark, name) => {
    if (!shown.has(name)) throw new Error(`${page} wants ${name}`);
    return `${mark}\n${shown.get(name).join('\n\n')}\n\n`;
  });
  writeFileSync(file, `${text.trimEnd()}\n`.replaceAll(/(captured from a running server .* on )\d{4}-\d\d-\d\d/g, `$1${new Date().toISOString().slice(0, 10)}`));
}

function receive(request, response) {
  let body = '';
  request.on('data', (data) => (body += data));
  request.on('end', () => {
    received.push({ path: request.url, body, type: request.headers['content-type'] });
    response.end('the application');
  });
}

const work = mkdtempSync(join(tmpdir(), 'tenantry-capture-'));
// A certificate that the server is told to trust: logout tokens go to https alone.
const [key, certificate] = [join(work, 'key.pem'), join(work, 'certificate.pem')];
const wanted = join(work, 'openssl.cnf');
writeFileSync(wanted, '[req]\nprompt=no\ndistinguished_name=name\nx509_extensions=more\n[name]\nCN=localhost\n[more]\nsubjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n');
const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1', '-config', wanted];
execFileSync('openssl', [...made, '-keyout', key, '-out', certificate], { stdio: 'ignore' });
const application = createServer(receive).listen(Number(ports[3000]), 'localhost');
const secure = createSecureServer({ key: readFileSync(key), cert: readFileSync(certificate) }, receive).listen(0, 'localhost');
process.on('SIGINT', () => { stop(); process.exit(130); });
try {
  await perform(work);
  if (process.argv[2] === '--show') for (const [name, blocks] of shown) console.log(`<!-- captured: ${name} -->\n\n${blocks.join('\n\n')}\n`);
  else for (const page of ['endpoints.md', 'tenants.md', 'apis.md', 'step-up.md', 'errors.md']) rewrite(page);
} finally {
  stop();
  for (const one of [application, secure]) {
    one.close();
    one.closeAllConnections();
  }
  rmSync(work, { recursive: true, force: true });
}
console.log(`${shown.size} captured`);
