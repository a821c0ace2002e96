// A second stand-in for Microsoft Entra ID on a certified OpenID provider: strict about credential, redirect URI, PKCE
// and nonce, with login and consent pages of its own. Arguments: the directory's tid, the redirect URI, a PEM file with
// the RSA key of the client that proves itself by assertion.
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const [tid, redirectUri, pemFile] = process.argv.slice(2);
const PERSON = {
  ver: '2.0', tid, oid: '0f0e0d0c-0b0a-4908-8706-050403020100', name: 'Anna Example',
  preferred_username: 'anna@contoso.example', email: 'anna@contoso.example', xms_edov: true,
};
const shared = {
  redirect_uris: [redirectUri], response_types: ['code'], grant_types: ['authorization_code'], id_token_signed_response_alg: 'RS256',
};
const clientKey = createPublicKey(readFileSync(pemFile)).export({ format: 'jwk' });
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

const configuration = {
  clients: [
    { ...shared, client_id: 'by-secret', client_secret: 'the real secret', token_endpoint_auth_method: 'client_secret_post' },
    {
      ...shared, client_id: 'by-assertion', token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'PS256', jwks: { keys: [{ ...clientKey, use: 'sig', alg: 'PS256' }] },
    },
  ],
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'strict-1', use: 'sig' }] },
  cookies: { keys: ['only for tests'], short: { sameSite: 'lax', signed: true }, long: { sameSite: 'lax', signed: true } },
  conformIdTokenClaims: false,
  pkce: { methods: ['S256'], required: () => true },
  claims: { openid: ['sub', 'ver', 'tid', 'oid'], profile: ['name', 'preferred_username'], email: ['email', 'xms_edov'] },
  findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id, ...PERSON }) }),
  routes: { authorization: '/oauth2/v2.0/authorize', token: '/oauth2/v2.0/token', jwks: '/discovery/v2.0/keys' },
};

const wholeOrigin = (cookie) => cookie.replace(/; path=[^;]*/, '; path=/');

const server = createServer().listen(0, '127.0.0.1', () => {
  const host = `http://127.0.0.1:${server.address().port}`;
  const issuer = `${host}/${tid}/v2.0`;
  const provider = new Provider(issuer, configuration);
  provider.use(async (context, next) => {
    await next();
    if (context.path.endsWith('/discovery/v2.0/keys')) for (const key of context.body.keys) key.issuer = `${host}/{tenantid}/v2.0`;
  });
  const answer = provider.callback();
  server.on('request', (request, response) => {
    // Everything lies below the directory; the provider finds its own place by comparing the two URLs.
    request.originalUrl = request.url.replace(`/${tid}/v2.0/.well-known`, `/${tid}/.well-known`);
    request.url = request.originalUrl.replace(`/${tid}`, '');
    // The tests' browser takes cookies for a whole origin only.
    const setHeader = response.setHeader.bind(response);
    response.setHeader = (name, value) => setHeader(name, /^set-cookie$/i.test(name) ? [value].flat().map(wholeOrigin) : value);
    answer(request, response);
  });
  console.log(`listening on ${host}`);
});

process.stdin.resume().on('end', () => process.exit(0));
