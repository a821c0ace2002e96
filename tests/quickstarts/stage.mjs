// What the scripts of this folder share: the pages' blocks, and programs that are started and stopped.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

export const PAGES = resolve(import.meta.dirname, '../../docs/developers');
export const ports = { 8080: process.env.TENANTRY_PORT ?? '8080', 3000: process.env.APP_PORT ?? '3000' };
export const issuer = `http://localhost:${ports[8080]}`;
export const home = `http://localhost:${ports[3000]}`;
const started = [];

// The fenced blocks of a page, in order: language, the words after it, text.
export function blocks(page) {
  const text = readFileSync(join(PAGES, page), 'utf8').replaceAll(/\b(8080|3000)\b/g, (port) => ports[port]);
  return [...text.matchAll(/^```(\w+) ?(.*)\n([^]*?)^```$/gm)].map(([, language, words, body]) => ({ language, words: words.split(' '), body }));
}

export function start(command, place) {
  const child = spawn('bash', ['-euc', command], { ...place, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { text: '' };
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output.text += data));
  started.push(child);
  const ended = new Promise((done) => child.on('exit', done));
  return { output, ended };
}

export async function run(command, place) {
  const { output, ended } = start(command, place);
  const code = await ended;
  if (code !== 0) throw new Error(`exit ${code} of\n${command}\n${output.text}`);
  return output.text;
}

const answers = (address) => fetch(address, { redirect: 'manual' }).then(() => true, () => false);

export async function reachable(address, output) {
  for (let tries = 0; tries < 300; tries++) {
    if (await answers(address)) return;
    await pause(200);
  }
  throw new Error(`nobody answers at ${address}\n${output.text}`);
}

// What the page before started must be gone: its database is.
export async function quiet(address) {
  for (let tries = 0; tries < 100; tries++) {
    if (!(await answers(address))) return;
    await pause(200);
  }
  throw new Error(`somebody else answers at ${address}`);
}

export function stop() {
  for (const child of started.splice(0)) {
    try { process.kill(-child.pid, 'SIGKILL'); } catch { /* has ended */ }
  }
}
