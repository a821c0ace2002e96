// A stand-in for Microsoft Entra ID. Codes, PKCE, nonces and tokens are oauth2-mock-server's; this file gives them
// Entra's paths and claims (spec: microsoft.md 1.1, 1.3, 7). README.md has the admin routes.
import { createServer } from 'node:http';
import mockServer from 'oauth2-mock-server';

const PERSONAL_ACCOUNTS = '9188040d-6c67-4c5b-b112-36a304b66dad';
const GUID = '[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}';
const DISCOVERY = new RegExp(`^/(${GUID})/v2\\.0/\\.well-known/openid-configuration$`);
const KEYS = new RegExp(`^/(${GUID})/discovery/v2\\.0/keys$`);

const endpoints = { token: '/:directory/oauth2/v2.0/token', authorize: '/:directory/oauth2/v2.0/authorize' };
// The library's own listener stays unused: its request handler answers behind ours.
const { issuer, service } = new mockServer.OAuth2Server(undefined, undefined, { endpoints });

let host;
let orders = {};
const heard = [];
let rotations = 0;
const signing = {};
const issuerOf = (directory) => `${host}/${directory}/v2.0`;

const freshKey = async (kid) => issuer.keys.generate('RS256', { kid });
signing.aad = await freshKey('aad-0');
signing.msa = await freshKey('msa-0');
signing.unpublished = await freshKey('unpublished');
// The library takes its keys in turn; the orders say which one signs.
issuer.keys.get = () => signing[orders.sign_with ?? 'aad'];

const published = () => [
  publicKey(signing.aad, `${host}/{tenantid}/v2.0`),
  publicKey(signing.msa, issuerOf(PERSONAL_ACCOUNTS)),
];

// As Microsoft publishes keys: without `alg`, with `issuer`.
function publicKey({ kty, n, e, kid }, keyIssuer) {
  return { kty, use: 'sig', kid, x5t: kid, n, e, issuer: keyIssuer };
}

const discovery = (directory) => ({
  token_endpoint: `${host}/${directory}/oauth2/v2.0/token`,
  token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt', 'client_secret_basic'],
  jwks_uri: `${host}/${directory}/discovery/v2.0/keys`,
  response_modes_supported: ['query', 'fragment', 'form_post'],
  subject_types_supported: ['pairwise'],
  id_token_signing_alg_values_supported: ['RS256'],
  response_types_supported: ['code', 'id_token', 'code id_token', 'id_token token'],
  scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
  issuer: issuerOf(directory),
  request_uri_parameter_supported: false,
  authorization_endpoint: `${host}/${directory}/oauth2/v2.0/authorize`,
  http_logout_supported: true,
  frontchannel_logout_supported: true,
  end_session_endpoint: `${host}/${directory}/oauth2/v2.0/logout`,
  claims_supported: ['sub', 'iss', 'aud', 'exp', 'iat', 'auth_time', 'nonce', 'preferred_username', 'name', 'tid', 'ver', 'email'],
  tenant_region_scope: null,
  cloud_instance_name: 'microsoftonline.com',
});

service.on('beforeTokenSigning', ({ payload }, request) => {
  const directory = orders.directory ?? request.params.directory;
  const now = orders.now ?? Math.floor(Date.now() / 1000);
  Object.assign(payload, {
    iss: issuerOf(directory), ver: '2.0', tid: directory, iat: now - 300, nbf: now - 300, exp: now + 3600,
    oid: '0f0e0d0c-0b0a-4908-8706-050403020100', sub: 'pairwise-subject-of-this-application',
    name: 'Anna Example', preferred_username: 'anna@contoso.example', uti: 'opaque', rh: 'opaque',
  }, orders.claims);
  for (const [name, value] of Object.entries(payload)) if (value === null) delete payload[name];
});

service.on('beforeAuthorizeRedirect', ({ url }) => {
  if (!orders.authorize_error) return;
  url.searchParams.delete('code');
  for (const [name, value] of Object.entries(orders.authorize_error)) url.searchParams.set(name, value);
});

service.on('beforeResponse', (answer, { body, entry }) => {
  entry.form = { ...body };
  if (orders.token_error) {
    Object.assign(answer, { statusCode: orders.token_error.status, body: orders.token_error.body });
  } else if (orders.secret !== undefined && body.client_secret !== orders.secret) {
    const description = 'AADSTS7000215: Invalid client secret provided.';
    Object.assign(answer, { statusCode: 401, body: { error: 'invalid_client', error_description: description, error_codes: [7000215] } });
  }
});

function send(response, status, body) {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(body));
}

async function read(request) {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}

async function admin(request, response, path) {
  const text = await read(request);
  if (path === '/admin/next') {
    orders = JSON.parse(text || '{}');
    return send(response, 200, {});
  }
  if (path === '/admin/rotate') {
    rotations += 1;
    signing.aad = await freshKey(`aad-${rotations}`);
    return send(response, 200, { kid: signing.aad.kid });
  }
  return path === '/admin/heard' ? send(response, 200, heard) : send(response, 404, {});
}

createServer((request, response) => {
  const url = new URL(request.url, host);
  if (url.pathname.startsWith('/admin/')) return admin(request, response, url.pathname);
  const entry = { method: request.method, path: url.pathname, query: Object.fromEntries(url.searchParams), form: {} };
  heard.push(entry);
  request.entry = entry;
  const [, asked] = DISCOVERY.exec(url.pathname) ?? [];
  if (asked) return send(response, 200, discovery(asked));
  if (KEYS.test(url.pathname)) return send(response, 200, { keys: published() });
  if (url.pathname.endsWith('/.well-known/openid-configuration')) {
    const description = 'AADSTS90002: Tenant not found.';
    return send(response, 400, { error: 'invalid_tenant', error_description: description, error_codes: [90002] });
  }
  return service.requestHandler(request, response);
}).listen(0, '127.0.0.1', function listening() {
  host = `http://127.0.0.1:${this.address().port}`;
  issuer.url = host;
  console.log(`listening on ${host}`);
});

// Ends with the test that started it.
process.stdin.resume().on('end', () => process.exit(0));
