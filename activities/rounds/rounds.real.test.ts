import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stepInstance } from '../../plan/ids.ts';
import { jobId } from '../jobs/shell.ts';
import { HOST, only, type RoundsForTest, RUN, roundsForTest } from './roundsForTest.ts';

let house: RoundsForTest;
beforeAll(async () => {
  house = await roundsForTest(86);
});
afterAll(async () => {
  await house?.[Symbol.asyncDispose]();
});

function jobOf(step: string, generation = 0): string {
  return jobId({ run: RUN, step: stepInstance(step), host: HOST, generation });
}
async function witness(name: string): Promise<number> {
  const text = await house.run(`cat ~/${name} 2>/dev/null || true`);
  return text.split('\n').filter((line) => line !== '').length;
}
/** Until the host says so. */
async function untilOnHost(condition: string): Promise<void> {
  await house.run(`until ${condition}; do sleep 0.05; done`);
}

describe('a job', () => {
  it('runs once, with its environment and outputs, and its answer is the ledger’s', async () => {
    const { rounds } = house.worker();
    const script = await house.script(
      'echo "hello $WHO"; echo told >&2; echo "n=41" >>"$OUTPUT"; echo x >>~/w1',
    );
    const request = house.request('one', script, {
      env: { WHO: "it's me" },
      outputs: { n: { type: { kind: 'int' } } },
    });
    const first = only(await rounds.startRound(request, []));
    expect(first).toMatchObject({ outcome: 'succeeded', rc: 0, outputs: { n: 41 }, out: { bytes: 14 } });
    expect(await house.output(first, 'one')).toBe("hello it's me\n");
    expect(await house.output(first, 'one', 'err')).toBe('told\n');
    expect(only(await house.worker().rounds.startRound(request, []))).toEqual(first);
    expect(await witness('w1')).toBe(1);
  });

  it('fails with its last word and the place, of an include where it was there', async () => {
    const { rounds } = house.worker();
    const include = await house.text('# lib\nbreaks() {\n  nosuchprogram --x\n}\n');
    const script = await house.script('echo start\nbreaks\necho never\n', { includes: [include] });
    const failed = only(await rounds.startRound(house.request('fails', script), []));
    expect(failed).toMatchObject({
      outcome: 'failed',
      rc: 127,
      reason: 'nosuchprogram: not found',
      place: `include-${include.slice(0, 8)}:3`,
    });
    expect(await house.output(failed, 'fails')).toBe('start\n');
  });

  it('says what a failing command said, and that exit 75 may pass', async () => {
    const { rounds } = house.worker();
    const script = await house.script('echo "not yet" >&2; exit 75');
    const failed = only(await rounds.startRound(house.request('tempfail', script), []));
    expect(failed).toMatchObject({ outcome: 'failed', rc: 75, reason: 'not yet', transient: true });
  });

  it('asks its done before and after, and takes its outputs', async () => {
    const { rounds } = house.worker();
    const done = {
      script: await house.script('test -e ~/made; echo "v=$(cat ~/made)" >>"$OUTPUT"'),
      everyMs: 50,
      withinMs: 3000,
    };
    const script = await house.script('( sleep 0.3; echo 7 >~/made ) >/dev/null 2>&1 </dev/null & echo made');
    const work = { kind: 'job', script, done } as const;
    const outputs = { v: { type: { kind: 'int' } } } as const;
    const made = only(await rounds.startRound(house.request('done1', script, { work, outputs }), []));
    expect(made).toMatchObject({ outcome: 'succeeded', outputs: { v: 7 } });
    const again = only(await rounds.startRound(house.request('done2', script, { work, outputs }), []));
    expect(again).toMatchObject({ outcome: 'unchanged', outputs: { v: 7 } });
    expect(again.out).toBeUndefined();
  });

  it('is found again by another worker after the connection was cut, with all of its output once', async () => {
    const first = house.worker();
    const script = await house.script(
      'for i in 1 2 3 4 5 6 7 8; do echo line $i; [ $i != 4 ] || until [ -e ~/on2 ]; do sleep 0.05; done; done; echo x >>~/w2',
    );
    const request = house.request('long', script);
    const cut = first.rounds.startRound(request, []);
    await untilOnHost(`grep -q 'line 3' ~/.holdfast/runs/${RUN}/${jobOf('long')}/out 2>/dev/null`);
    first.letGo.abort();
    await first.pool.close();
    expect((await cut).running).toEqual([HOST]);
    await house.run('true >~/on2');
    const result = only(await house.worker().rounds.followRound(request));
    expect(result).toMatchObject({ outcome: 'succeeded', rc: 0 });
    expect(await house.output(result, 'long')).toBe(
      [1, 2, 3, 4, 5, 6, 7, 8].map((i) => `line ${i}\n`).join(''),
    );
    expect(await witness('w2')).toBe(1);
  });

  it('survives sshd and all its connections going down in the middle', async () => {
    const { rounds } = house.worker();
    const script = await house.script('echo begin; sleep 2; echo end; echo x >>~/w3');
    const request = house.request('sshd', script);
    const running = rounds.followRound(request);
    await untilOnHost(`[ -d ~/.holdfast/runs/${RUN}/${jobOf('sshd')}/go ]`);
    await house.break('sshd-down');
    await pause(500);
    await house.break('sshd-up');
    const result = only(await running);
    expect(result.outcome).toBe('succeeded');
    expect(await house.output(result, 'sshd')).toBe('begin\nend\n');
    expect(await witness('w3')).toBe(1);
  });

  it('started by two workers at once runs once', async () => {
    const script = await house.script('echo x >>~/w4; sleep 0.3');
    const request = house.request('race', script);
    const answers = await Promise.all([1, 2, 3, 4].map(() => house.worker().rounds.startRound(request, [])));
    const results = answers.map(only);
    expect(results[0]?.outcome).toBe('succeeded');
    expect(new Set(results.map((result) => JSON.stringify(result))).size).toBe(1);
    expect(await witness('w4')).toBe(1);
  });

  it('is unknown when its supervisor was killed, says whether its processes live, and is not begun again before', async () => {
    const { rounds } = house.worker();
    const script = await house.script('echo x >>~/w5; until [ -e ~/on5 ]; do sleep 0.05; done');
    const request = house.request('killed', script);
    const running = rounds.startRound(request, []);
    const job = `~/.holdfast/runs/${RUN}/${jobOf('killed')}`;
    await untilOnHost(`[ -e ~/w5 ]`);
    await house.run(`for f in ${job}/sup.*; do IFS=.; set -- \${f##*/sup.}; kill -9 $2; done`);
    const unknown = only(await running);
    expect(unknown).toMatchObject({ outcome: 'unknown', sessionLives: true });
    const early = only(await rounds.startRound(house.request('killed', script, { generation: 1 }), []));
    expect(early).toMatchObject({ outcome: 'unknown', sessionLives: true });
    expect(early.reason).toMatch(/earlier generation/);
    expect(await house.run(`ps -s ${early.trace?.session} -o comm=`)).toContain('sh');
    expect(await witness('w5')).toBe(1);
    await house.run('true >~/on5');
    await untilOnHost(`! ps -s ${early.trace?.session} >/dev/null`);
    const later = only(await rounds.followRound(house.request('killed', script, { generation: 2 })));
    expect(later.outcome).toBe('succeeded');
    expect(await witness('w5')).toBe(2);
  });

  it('is stopped at its timeout, its children too', async () => {
    const { rounds } = house.worker();
    const script = await house.script('sleep 300 & echo $! >~/child; sleep 300');
    const result = only(await rounds.startRound(house.request('slow', script, { timeoutMs: 600 }), []));
    expect(result).toMatchObject({ outcome: 'timed_out', rc: 143, reason: 'stopped after 0.6 s' });
    expect(await house.run('kill -0 $(cat ~/child) 2>/dev/null && echo lives || echo gone')).toBe('gone\n');
  });

  it('is cancelled with its exit status in hand; let go it runs on', async () => {
    const script = await house.script('echo x >>~/w6; sleep 300');
    const request = house.request('stopped', script);
    const first = house.worker();
    const running = first.rounds.followRound(request);
    await untilOnHost('[ -e ~/w6 ]');
    first.letGo.abort();
    expect(await running).toMatchObject({ settled: [], running: [HOST], stopping: true });
    const second = house.worker();
    const again = second.rounds.followRound(request);
    await pause(300);
    second.stop.abort();
    expect(only(await again)).toMatchObject({ outcome: 'cancelled', rc: 143 });
  });

  it('cancelled before it was started never starts', async () => {
    const script = await house.script('echo x >>~/w7');
    const request = house.request('never', script);
    expect(only(await house.worker().rounds.cancelRound(request))).toMatchObject({ outcome: 'cancelled' });
    expect(only(await house.worker().rounds.startRound(request, []))).toMatchObject({ outcome: 'cancelled' });
    expect(await witness('w7')).toBe(0);
  });

  it('shows no secret in a list of processes nor in a file', async () => {
    const { rounds } = house.worker();
    const canary = 'canary-5eb2';
    const script = await house.script(
      'until [ -e ~/on11 ]; do sleep 0.05; done; printf %s "$SECRET" | wc -c',
    );
    const running = rounds.startRound(house.request('secret', script, { env: { SECRET: canary } }), []);
    await untilOnHost(`[ -d ~/.holdfast/runs/${RUN}/${jobOf('secret')}/go ]`);
    const seen = await house.run(
      `for f in /proc/[0-9]*/cmdline; do tr '\\0' ' ' <$f; echo; done; cat ~/.holdfast/runs/${RUN}/*/* 2>/dev/null`,
    );
    expect(seen).toContain('supervisor-');
    expect(seen).not.toContain(canary);
    await house.run('true >~/on11');
    expect(await house.output(only(await running), 'secret')).toBe('11\n');
  });

  it('takes up whatever a script prints: binary, megabytes, no newline', async () => {
    const { rounds } = house.worker();
    const script = await house.script("printf 'a\\0b\\377'; head -c 3000000 /dev/zero; printf end");
    const result = only(await rounds.followRound(house.request('binary', script)));
    expect(result).toMatchObject({ outcome: 'succeeded', out: { bytes: 3_000_007 } });
    const text = await house.output(result, 'binary');
    expect([text.slice(0, 4), text.slice(-3), text.length]).toEqual(['a\0b\xff', 'end', 3_000_007]);
  });

  it('empties its directory once its end is recorded, and leaves the claim', async () => {
    const { rounds } = house.worker();
    const script = await house.script('echo x >>~/w8');
    const request = house.request('tidy', script);
    await rounds.startRound(request, []);
    await rounds.tidy();
    expect(await house.run(`ls ~/.holdfast/runs/${RUN}/${jobOf('tidy')}`)).toBe('go\n');
    expect(only(await house.worker().rounds.startRound(request, [])).outcome).toBe('succeeded');
    expect(await witness('w8')).toBe(1);
  });
});

describe('a question', () => {
  it('is a plain exec that leaves nothing on the host and answers with outputs', async () => {
    const { rounds } = house.worker();
    const script = await house.script('echo asked; echo "free=12" >>"$OUTPUT"');
    const before = await house.run('find ~ -not -path "*/.holdfast/*" | sort');
    const request = house.request('ask!done', script, {
      effect: 'read',
      work: { kind: 'exec', script },
      outputs: { free: { type: { kind: 'int' } } },
    });
    const result = only(await rounds.startRound(request, []));
    expect(result).toMatchObject({ outcome: 'succeeded', rc: 0, outputs: { free: 12 } });
    expect(await house.output(result, 'ask!done')).toBe('asked\n');
    expect(await house.run('find ~ -not -path "*/.holdfast/*" | sort')).toBe(before);
  });

  it('that fails says why', async () => {
    const { rounds } = house.worker();
    const script = await house.script('false\necho never');
    const request = house.request('ask2', script, { effect: 'read', work: { kind: 'exec', script } });
    expect(only(await rounds.startRound(request, []))).toMatchObject({ outcome: 'failed', rc: 1 });
  });
});

describe('a full disk', () => {
  it('does not stop a script that prints, and says that its output is cut', async () => {
    const { rounds } = house.worker();
    const script = await house.script(
      'dd if=/dev/zero of="$HOME/fill" bs=64k 2>/dev/null || true; dd if=/dev/zero of="$HOME/fill2" bs=1 count=4096 2>/dev/null || true; i=0; while [ $i -lt 9000 ]; do echo "a line that has no room $i"; i=$((i+1)); done; rm ~/fill ~/fill2; echo x >>~/w9',
    );
    const result = only(await rounds.followRound(house.request('fills', script)));
    expect(result).toMatchObject({ outcome: 'succeeded', rc: 0, out: { truncated: true } });
    expect(await witness('w9')).toBe(1);
  });

  it('before a run has a place there gives it one in memory, or says why there is none', async () => {
    await house.break('full-disk');
    try {
      const { rounds } = house.worker();
      const script = await house.script('echo works');
      const request = { ...house.request('full', script), run: `${RUN}-full` as typeof RUN };
      const result = only(await rounds.startRound(request, []));
      const places = await house.ledger.read({ run: request.run, kinds: ['place.chosen'] });
      expect(result).toMatchObject({ outcome: 'succeeded', rc: 0 });
      expect(places[0]).toMatchObject({ data: { memory: true } });
      await house.run(`rm -rf ${places[0]?.kind === 'place.chosen' ? places[0].data.directory : ''}`);
    } finally {
      await house.break('free-disk');
    }
  });
});

describe('a reboot', () => {
  it('in the middle of a job makes it unknown; the next step goes on', async () => {
    const { rounds } = house.worker();
    const script = await house.script('echo x >>~/w10; sleep 60');
    const running = rounds.followRound(house.request('rebooted', script));
    await untilOnHost('[ -e ~/w10 ]');
    await house.break('reboot');
    const unknown = only(await running);
    expect(unknown).toMatchObject({ outcome: 'unknown', sessionLives: false });
    expect(unknown.reason).toMatch(/rebooted/);
    expect(unknown.trace?.boot?.launched).not.toBe(unknown.trace?.boot?.now);
    expect(await witness('w10')).toBe(1);
    const next = await house.script('echo on');
    expect(only(await house.worker().rounds.startRound(house.request('after', next), [])).outcome).toBe(
      'succeeded',
    );
  });
});

describe('a sensitive output', () => {
  const outputs = { token: { type: { kind: 'string' }, sensitive: true } } as const;
  const left = async (step: string) => (await house.run(`ls ~/.holdfast/runs/*/${jobOf(step)}`)).trim();

  it('is sealed, masked in what the script printed, and gone from the host with the end of the call', async () => {
    const script = await house.script('echo "it is canary-1"; echo "token=canary-1" >>"$OUTPUT"');
    const request = house.request('seals', script, { outputs });
    const result = only(await house.worker().rounds.startRound(request, []));
    expect(result).toMatchObject({
      outcome: 'succeeded',
      outputs: { token: { $secret: expect.any(String) } },
    });
    expect(await house.output(result, 'seals')).toBe('it is ********\n');
    expect(await left('seals')).toBe('go');
    // As a worker leaves it that dies between the record and the host.
    await house.run(`echo canary-1 >"$(ls -d ~/.holdfast/runs/*/${jobOf('seals')})/output"`);
    expect(only(await house.worker().rounds.followRound(request))).toEqual(result);
    expect(await left('seals')).toBe('go');
  });

  it.each([
    ['had written it', 'echo "token=canary-2" >>"$OUTPUT"\n', 'not ********', 'it is ********\n'],
    [
      'had written no output at all',
      'echo "canary-2" >>"$OUTPUT"\n',
      'exit status 3, and nothing on stderr that may be kept',
      '',
    ],
  ])('of a script that fails is not told where it %s', async (_, writes, reason, log) => {
    const script = await house.script(`echo "it is canary-2"\n${writes}echo "not canary-2" >&2\nexit 3\n`);
    const request = house.request(`fails-${log.length}`, script, { outputs });
    const result = only(await house.worker().rounds.startRound(request, []));
    expect(result).toMatchObject({ outcome: 'failed', rc: 3, reason });
    expect(await house.output(result, `fails-${log.length}`)).toBe(log);
  });

  it('of a sensitive step: nothing that the script says is kept', async () => {
    const script = await house.script('echo "it is canary-3"; echo "canary-3: no" >&2; exit 4');
    const request = house.request('quiet', script, { outputs, sensitive: true });
    const result = only(await house.worker().rounds.startRound(request, []));
    expect(result.reason).toBe('exit status 4; what it said is not kept, as the step is sensitive');
    expect(await house.ledger.logs.list(RUN)).not.toContainEqual(expect.objectContaining({ step: 'quiet' }));
    expect(JSON.stringify(await house.ledger.read({ run: RUN }))).not.toContain('canary');
  });
});
