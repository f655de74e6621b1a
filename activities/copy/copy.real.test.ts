import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { digest } from '../../plan/ids.ts';
import { createSshPool } from '../ssh/pool.ts';
import { startSshd, type TestSshd } from '../ssh/sshdForTest.ts';
import { type Copied, type Copy, copyTo } from './copyTo.ts';
import { type Item, placesOf } from './items.ts';
import { listOnHost } from './onHost.ts';

let sshd: TestSshd;
let other: TestSshd;
const pool = createSshPool({ configFiles: [], env: {} });
const NEVER = new AbortController().signal;

beforeAll(async () => {
  sshd = await startSshd('127.85.7.1', 22871);
  other = await startSshd('127.85.7.2', 22872);
});
afterAll(async () => {
  await pool.close();
  await sshd?.stop();
  await other?.stop();
});

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** `opened`: from which offsets it was read. */
function item(path: string, bytes: Uint8Array, opened: number[] = []): Item {
  return {
    path,
    sha256: digest(sha256(bytes)),
    bytes: bytes.length,
    mode: 0o640,
    async open(from) {
      opened.push(from);
      return Readable.from(pieces(bytes.subarray(from)));
    },
  };
}

function* pieces(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}

function copy(target: string, items: readonly Item[], more: Partial<Copy> = {}): Promise<Copied> {
  return copyTo({
    target,
    items,
    folderMode: 0o755,
    connect: () => pool.connect(sshd.target()),
    mayPlace: async () => true,
    signal: NEVER,
    ...more,
  });
}

const at = (path: string) => join(sshd.home, path);
const hidden = (path: string) => readdirSync(at(path)).filter((name) => name.includes('.holdfast-'));

describe('a file', () => {
  test('arrives as it is, with its mode, in folders that are made; a second time nothing is sent', async () => {
    const bytes = randomBytes(1_000_003);
    const opened: number[] = [];
    const file = item('', bytes, opened);
    expect(await copy("one/two/it's a file", [file])).toEqual({ kind: 'copied' });
    expect(readFileSync(at("one/two/it's a file")).equals(bytes)).toBe(true);
    expect(statSync(at("one/two/it's a file")).mode & 0o7777).toBe(0o640);
    expect(hidden('one/two')).toEqual([]);
    expect(await copy("one/two/it's a file", [file])).toEqual({ kind: 'unchanged' });
    expect(opened).toEqual([0]);
  });

  test('of which only the mode differs is not sent again', async () => {
    const opened: number[] = [];
    const file = item('', Buffer.from('x'), opened);
    await copy('mode', [file]);
    expect(await copy('mode', [{ ...file, mode: 0o600 }])).toEqual({ kind: 'copied' });
    expect(statSync(at('mode')).mode & 0o7777).toBe(0o600);
    expect(opened).toEqual([0]);
  });

  test('that was cut off is taken up where it stopped', async () => {
    const bytes = randomBytes(3_000_000);
    const opened: number[] = [];
    const file = item('', bytes, opened);
    writeFileSync(join(sshd.home, placesOf('cut', file).part), bytes.subarray(0, 1_234_567));
    expect(await copy('cut', [file])).toEqual({ kind: 'copied' });
    expect(opened).toEqual([1_234_567]);
    expect(readFileSync(at('cut')).equals(bytes)).toBe(true);
  });

  test('whose cut off part is not its beginning is sent anew', async () => {
    const bytes = randomBytes(200_000);
    const opened: number[] = [];
    const file = item('', bytes, opened);
    writeFileSync(join(sshd.home, placesOf('spoiled', file).part), randomBytes(1_000));
    expect(await copy('spoiled', [file])).toEqual({ kind: 'copied' });
    expect(opened).toEqual([1_000, 0]);
    expect(readFileSync(at('spoiled')).equals(bytes)).toBe(true);
  });

  test('survives that the connection is lost on the way', async () => {
    const bytes = randomBytes(20_000_000);
    const opened: number[] = [];
    const file = item('', bytes, opened);
    const whole = file.open;
    const killing: Item = {
      ...file,
      async open(from) {
        const stream = await whole(from);
        if (opened.length === 1) {
          let seen = 0;
          stream.on('data', (piece: Uint8Array) => {
            seen += piece.length;
            if (seen > 8_000_000 && seen - piece.length <= 8_000_000) sshd.signalConnections('SIGKILL');
          });
        }
        return stream;
      },
    };
    expect(await copy('lost', [killing])).toEqual({ kind: 'copied' });
    expect(opened.length).toBe(2);
    expect(readFileSync(at('lost')).equals(bytes)).toBe(true);
  });

  test('that two copy at once is right in the end', async () => {
    const bytes = randomBytes(5_000_000);
    const ends = await Promise.all([1, 2].map(() => copy('twice', [item('', bytes)])));
    expect(ends.every(({ kind }) => kind === 'copied' || kind === 'unchanged')).toBe(true);
    expect(readFileSync(at('twice')).equals(bytes)).toBe(true);
  });

  test('is not written into by a sender that stood still while another one put it in place', async () => {
    const bytes = randomBytes(400_000);
    const { promise: released, resolve: release } = Promise.withResolvers<void>();
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>();
    async function* slowly() {
      yield bytes.subarray(0, 100_000);
      begin();
      await released;
      yield bytes.subarray(100_000);
    }
    const slow: Item = {
      ...item('', bytes),
      open: async () => Readable.from(slowly(), { objectMode: false }),
    };
    const first = copy('overtaken', [slow]);
    await begun;
    expect(await copy('overtaken', [item('', bytes)])).toEqual({ kind: 'copied' });
    release();
    expect((await first).kind).toMatch(/copied|unchanged/);
    expect(readFileSync(at('overtaken')).equals(bytes)).toBe(true);
  });

  test('does not replace a folder', async () => {
    mkdirSync(at('folder'));
    expect(await copy('folder', [item('', Buffer.from('x'))])).toEqual({
      kind: 'failed',
      says: 'folder is a folder; a file does not replace it',
    });
  });

  test('that may not be put in place leaves what was there', async () => {
    writeFileSync(at('kept'), 'old');
    const end = await copy('kept', [item('', Buffer.from('new'))], { mayPlace: async () => false });
    expect(end).toEqual({ kind: 'stopped' });
    expect(readFileSync(at('kept'), 'utf8')).toBe('old');
  });

  test('for an owner that is not there says what chown said', async () => {
    const end = await copy('owned', [item('', Buffer.from('x'))], { owner: 'nobody-of-that-name' });
    expect(end).toMatchObject({ kind: 'failed', says: expect.stringContaining('nobody-of-that-name') });
  });
});

describe('a folder', () => {
  const tree = [
    item('a', Buffer.from('a')),
    item('b/c d', randomBytes(100_000)),
    item('b/empty', Buffer.alloc(0)),
    ...Array.from({ length: 300 }, (_, n) => item(`many/${n}`, Buffer.from(`${n}`))),
  ];

  test('arrives with all its files; what is there and not in it stays', async () => {
    mkdirSync(at('tree'));
    writeFileSync(at('tree/stays'), 'mine');
    expect(await copy('tree', tree)).toEqual({ kind: 'copied' });
    expect(readFileSync(at('tree/many/299'), 'utf8')).toBe('299');
    expect(readFileSync(at('tree/b/empty')).length).toBe(0);
    expect(readFileSync(at('tree/stays'), 'utf8')).toBe('mine');
    expect(await copy('tree/', tree)).toEqual({ kind: 'unchanged' });
  });

  test('goes from one host to another', async () => {
    const connected = await pool.connect(sshd.target());
    if (!connected.ok) throw new Error(connected.failure.says);
    const { connection } = connected;
    const listed = await listOnHost(connection, 'tree', NEVER);
    if (!listed.ok) throw new Error(listed.says);
    expect(listed.items.length).toBe(304);
    const end = await copy('tree there', listed.items, { connect: () => pool.connect(other.target()) });
    expect(end).toEqual({ kind: 'copied' });
    expect(readFileSync(join(other.home, 'tree there/b/c d')).equals(readFileSync(at('tree/b/c d')))).toBe(
      true,
    );
    expect(statSync(join(other.home, 'tree there/a')).mode & 0o7777).toBe(0o640);
  });

  test('that is not there is said', async () => {
    const connected = await pool.connect(sshd.target());
    if (!connected.ok) throw new Error(connected.failure.says);
    const { connection } = connected;
    const listed = await listOnHost(connection, 'nowhere', NEVER);
    expect(listed).toEqual({
      ok: false,
      transient: false,
      says: 'there is no file or folder nowhere',
    });
  });
});
