import { expect, it } from 'vitest';
import { digest } from '../../plan/ids.ts';
import { lastLine, shellComplaint } from './reason.ts';

const inc = digest('a'.repeat(64));
const includes = [{ name: 'etcd.sh', text: '# functions\nup() {\n  :\n  nosuch --now\n}\n' }];
const script = { text: 'echo begin\nup\n', shell: 'sh -eu', includes: [inc] };

it('takes the last line with something in it, without control characters', () => {
  expect(lastLine('first\n\u001b[31mred\u001b[0m end\n\n')).toBe('[31mred [0m end');
  expect(lastLine(' \n\n')).toBeUndefined();
});

it('tells the line of an include though dash names the script', () => {
  expect(shellComplaint('/r/j/script.abc: 4: nosuch: not found', script, includes)).toEqual({
    place: 'etcd.sh:4',
    says: 'nosuch: not found',
  });
});

it('reads what bash and busybox say of an included file', () => {
  const line = `/r/lib/${inc}.sh: line 4: nosuch: command not found`;
  expect(shellComplaint(line, script, includes)?.place).toBe('etcd.sh:4');
});

it('does not name eval, by which a question is put to the shell', () => {
  const own = { text: 'apps/etcd --version', shell: 'sh -eu', includes: [] };
  expect(shellComplaint('sh: 1: eval: apps/etcd: not found', own, [])).toEqual({
    place: 'script:1',
    says: 'apps/etcd: not found',
  });
});

it('counts lines of the script as they were written', () => {
  const own = { text: 'echo begin\nmissing\n', shell: 'sh -eu', includes: [] };
  expect(shellComplaint('/r/j/script.abc: 2: missing: not found', own, [])?.place).toBe('script:2');
});

it('leaves a line that no shell said alone', () => {
  expect(shellComplaint('Error: no space left', script, includes)).toBeUndefined();
});
