#!/usr/bin/env node
// Stands in for curl on a machine without it. Understands what the README uses (-s, -u, -H, -d and a URL) and refuses
// anything else, so that it cannot hide a mistake in a command.

import process from 'node:process';

const [, , ...args] = process.argv;
/** @type {Record<string, string>} */
const headers = {};
let url = '';
let body;
for (let at = 0; at < args.length; at += 1) {
  const arg = args[at] ?? '';
  if (arg === '-s') continue;
  if (arg === '-u') headers.authorization = `Basic ${Buffer.from(args[++at] ?? '').toString('base64')}`;
  else if (arg === '-H') {
    const [name = '', value = ''] = (args[++at] ?? '').split(/:\s*/, 2);
    headers[name] = value;
  } else if (arg === '-d') body = args[++at];
  else if (!arg.startsWith('-') && url === '') url = arg;
  else throw new Error(`This stand-in for curl does not know ${arg}`);
}
const response = await globalThis.fetch(url, { method: body === undefined ? 'GET' : 'POST', headers, body });
process.stdout.write(await response.text());
