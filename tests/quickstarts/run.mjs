// Runs the quick starts of docs/developers as they are written: their commands, their files, a person who signs in.
//   node tests/quickstarts/run.mjs [NAME…]      NAME: openid-client, authlib, … (without any: all)
// TENANTRY names the program, if it is not in PATH. TENANTRY_PORT and APP_PORT stand for 8080 and 3000 of the pages.
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Browser } from './browser.mjs';
import { PAGES, blocks, home, issuer, ports, quiet, reachable, run, start, stop } from './stage.mjs';

// Each line must stand in the page, in any order, whatever comma ends it; `…` stands for anything within a line.
function compare(expected, page) {
  const text = page.html.replaceAll('&quot;', '"').replaceAll('&#34;', '"').replaceAll('&#39;', "'").replaceAll('&#x27;', "'");
  for (const line of expected.trim().split('\n').map((line) => line.trim().replace(/,$/, ''))) {
    const pattern = line.split('…').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('[^\\n]*?');
    if (!new RegExp(pattern).test(text)) throw new Error(`${page.url} (${page.status}) does not show: ${line}\n${text}`);
  }
}

async function quickStart(name, folder, base) {
  mkdirSync(folder);
  const env = { ...base, APP: home };
  const place = { cwd: folder, env };
  const browser = new Browser({ email: 'anna@example.com', password: 'correct horse battery staple' });
  let registered;
  let server;
  for (const { language, words, body } of blocks(`quickstarts/${name}.md`)) {
    if (words[0] === 'client') {
      const printed = await run(body, { cwd: join(folder, '..'), env });
      registered = Object.fromEntries(['client_id', 'client_secret'].map((key) => [key, printed.match(new RegExp(`${key} +(\\S+)`))?.[1]]));
    } else if (words[0] === 'env') {
      const text = body.replaceAll('cli_…', registered.client_id).replaceAll('tns_…', registered.client_secret);
      for (const [, key, value] of text.matchAll(/([A-Z_]+)=(\S+)/g)) env[key] = value;
    } else if (words[0] === 'background') {
      server = start(body, place);
      await reachable(home, server.output);
    } else if (words[0] === 'shown') {
      const page = await browser.visit(home + words[1], words[2]);
      try { compare(body, page); } catch (fault) { throw new Error(`${fault.message}\n${server.output.text}`); }
    } else if (language === 'sh') {
      await run(body, place);
    } else if (words[0]) {
      mkdirSync(dirname(join(folder, words[0])), { recursive: true });
      (words[1] === 'append' ? appendFileSync : writeFileSync)(join(folder, words[0]), body);
    }
  }
  // The person is signed out at the provider too: it asks for the password again.
  const again = await browser.visit(`${home}/login`, undefined, { stopAt: 'password' });
  if (!again.html.includes('id="password"')) throw new Error(`logout left a session: ${again.url}\n${again.html}`);
}

const names = readdirSync(join(PAGES, 'quickstarts')).filter((file) => file.endsWith('.md')).map((file) => file.slice(0, -3));
const wanted = process.argv.length > 2 ? process.argv.slice(2) : names;
const work = mkdtempSync(join(tmpdir(), 'tenantry-quickstarts-'));
let failed = 0;
process.on('SIGINT', () => { stop(); process.exit(130); });
for (const name of wanted) {
  const folder = join(work, name);
  mkdirSync(join(folder, 'bin'), { recursive: true });
  const env = { ...process.env, PATH: `${join(folder, 'bin')}:${process.env.PATH}`, TENANTRY__SERVER__ISSUER: issuer, TENANTRY__SERVER__LISTEN: `127.0.0.1:${ports[8080]}` };
  if (process.env.TENANTRY) symlinkSync(resolve(process.env.TENANTRY), join(folder, 'bin/tenantry'));
  try {
    for (const address of [issuer, home]) await quiet(address);
    for (const { words, body } of blocks('try.md')) {
      if (words[0] === 'background') await reachable(issuer, start(body, { cwd: folder, env }).output);
      else await run(body, { cwd: folder, env });
    }
    await quickStart(name, join(folder, 'app'), env);
    console.log(`ok ${name}`);
  } catch (fault) {
    failed += 1;
    console.log(`FAILED ${name}: ${fault.message}`);
  } finally {
    stop();
  }
}
rmSync(work, { recursive: true, force: true });
console.log(`${wanted.length - failed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
