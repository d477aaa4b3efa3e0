// Puts compressed copies beside the files of a folder that get smaller by it: `node squeeze.mjs FOLDER`.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const WORTH_IT = /\.(js|css|svg|webmanifest)$/;

const folder = process.argv[2];
for (const name of readdirSync(folder, { recursive: true })) {
  if (!WORTH_IT.test(name)) continue;
  const content = readFileSync(join(folder, name));
  const text = { [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT };
  writeFileSync(join(folder, `${name}.br`), brotliCompressSync(content, { params: text }));
  writeFileSync(join(folder, `${name}.gz`), gzipSync(content, { level: 9 }));
}
