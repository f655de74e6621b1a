import { spawn } from 'node:child_process';
import type { ExecOptions, ExecResult, SshConnection } from '../ssh/ssh.ts';

export type LocalShell = {
  /** `['dash']`, `['busybox', 'ash']`, … */
  readonly shell: readonly string[];
  readonly env: { readonly [name: string]: string };
};

/**
 * A stand-in for a connection: each exec is a shell of this machine. For tests of what runs on the host, where no
 * network is wanted; it cuts a channel by closing the shell's pipes, as sshd does, and leaves the shell running.
 */
export function localConnection(host: LocalShell): SshConnection {
  const [program = 'sh', ...words] = host.shell;

  function exec(command: readonly string[], options: ExecOptions = {}): Promise<ExecResult> {
    return new Promise((resolve) => {
      const child = spawn(program, [...words, ...command], {
        env: { ...host.env },
        cwd: host.env.HOME,
        stdio: 'pipe',
      });
      const out: Uint8Array[] = [];
      const err: Uint8Array[] = [];
      const cut = () => {
        child.stdout.destroy();
        child.stderr.destroy();
        child.stdin.destroy();
        child.unref();
        resolve({
          ended: false,
          sent: true,
          failure: { kind: 'lost', transient: true, says: 'the channel was closed' },
          out: Buffer.concat(out),
          err: Buffer.concat(err),
        });
      };
      options.signal?.addEventListener('abort', cut, { once: true });
      child.stdout.on('data', (bytes: Buffer) => (options.onOut ? options.onOut(bytes) : out.push(bytes)));
      child.stderr.on('data', (bytes: Buffer) => (options.onErr ? options.onErr(bytes) : err.push(bytes)));
      child.stdin.on('error', () => {});
      child.on('close', (code) => {
        options.signal?.removeEventListener('abort', cut);
        resolve({ ended: true, code: code ?? 255, out: Buffer.concat(out), err: Buffer.concat(err) });
      });
      const { stdin = '' } = options;
      if (typeof stdin === 'string' || stdin instanceof Uint8Array) {
        child.stdin.end(stdin);
      } else {
        child.stdin.write(stdin.first);
        child.once('close', () => stdin.rest.destroy());
        stdin.rest.pipe(child.stdin);
      }
    });
  }

  return {
    label: 'a local shell',
    exec: (command, options) => exec(['-c', command], options),
    script: (text, options) => exec(['-s'], { ...options, stdin: text }),
    stream: async () => {
      throw new Error('a shell of this machine has no streams');
    },
    forward: () => Promise.reject(new Error('a local shell forwards nothing')),
  };
}
