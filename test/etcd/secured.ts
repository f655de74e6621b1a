import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inventoryOf } from '../../lab/lab.ts';
import type { TestLab } from '../../lab/testLab.ts';
import { runCommand } from '../../toolbox/command.ts';

/** How a cluster is kept from others: certificates for clients and peers, etcd's own users. */
export type Secured = { readonly tls: boolean; readonly users: boolean };

/** Of etcd's user root. Not a word that could stand anywhere by chance; etcdctl reads it from a line, to the first blank. */
export const PASSWORD = `c4nary'p"a$$wörd/+&`;

/**
 * What `openHouse` takes as `inventory`: the lab's own, with certificates made for each host, and root to log in as. The worker finds the
 * password in its environment, as this process has it from here on.
 */
export function securedInventory({ tls, users }: Secured): (lab: TestLab) => Promise<string> {
  return async (lab) => {
    const inventory = inventoryOf(lab.lab);
    if (tls) await makeCertificates(lab);
    if (users) {
      process.env.ETCD_PASSWORD = PASSWORD;
      const file = passwordFile(lab);
      await writeFile(file, `root:${PASSWORD}`, { mode: 0o600 });
    }
    const text = await readFile(inventory, 'utf8');
    const more = [
      ...(tls ? [`etcd_tls: ${join(lab.dir, 'tls')}/$2`] : []),
      ...(users ? ['etcd_user: root'] : []),
    ];
    const vars = more.map((line) => `\n$1${line}`).join('');
    await writeFile(inventory, text.replace(/^( *)holdfast_home: .*\/hosts\/(\w+)\/home$/gm, `$&${vars}`));
    return inventory;
  };
}

/** etcdctl on a lab host as its owner would call it, without its arguments: the password is in no argument. */
export function etcdctlOn(lab: TestLab, host: string, { tls, users }: Secured): string {
  const folder = join(lab.dir, 'tls', host);
  const certificates = tls
    ? ` --cacert ${folder}/ca.crt --cert ${folder}/client.crt --key ${folder}/client.key`
    : '';
  const login = users ? `ETCDCTL_USER="$(cat ${passwordFile(lab)})" ` : '';
  return `${login}ETCDCTL_API=3 apps/etcd/bin/etcdctl${certificates}`;
}

/** A script for a host: etcd asks for root from now on, and has given it the role root. */
export function turnUsersOn(lab: TestLab, client: string, secured: Secured): string {
  const ctl = `${etcdctlOn(lab, 'etcd00', { ...secured, users: false })} --endpoints ${client}`;
  const password = `cut -d : -f 2 ${passwordFile(lab)}`;
  return `${password} | ${ctl} user add root --interactive=false && ${ctl} user grant-role root root && ${ctl} auth enable`;
}

const passwordFile = (lab: TestLab) => join(lab.dir, 'etcd-root');

/** `gateway`: of a client of the HTTP gateway, which refuses a certificate with a common name once users are on. */
const USES = ['server', 'peer', 'client', 'gateway'] as const;

/** In `tls/HOST` of the lab's folder, as etcd/… expects them in `etcd_tls`: of one CA, for that host's address alone. */
async function makeCertificates(lab: TestLab): Promise<void> {
  const folder = join(lab.dir, 'tls');
  await mkdir(folder, { mode: 0o755, recursive: true });
  await openssl(folder, [
    'req',
    '-x509',
    ...NEW_KEY,
    'ca.key',
    '-days',
    '3650',
    '-out',
    'ca.crt',
    '-subj',
    '/CN=lab',
  ]);
  for (const { name } of lab.lab.hosts) {
    await mkdir(join(folder, name), { recursive: true });
    await writeFile(join(folder, name, 'ca.crt'), await readFile(join(folder, 'ca.crt')));
    for (const use of USES) await certify(lab, name, use, 100);
  }
}

/** Makes a host's certificate anew, for so many days from now on; its time is over where they are less than one. */
export async function certify(
  lab: TestLab,
  host: string,
  use: (typeof USES)[number],
  days: number,
  addressed = lab.lab.hosts.find(({ name }) => name === host)?.address ?? '',
): Promise<void> {
  const folder = join(lab.dir, 'tls');
  const at = join(host, use);
  // Hosts of the lab reach each other from 127.0.0.1, and etcd wants that address in the certificate of a peer that comes from there.
  const names = use === 'peer' ? `IP:${addressed},IP:127.0.0.1` : `IP:${addressed}`;
  const purpose = use === 'client' || use === 'gateway' ? 'clientAuth' : 'serverAuth,clientAuth';
  const subject = use === 'gateway' ? '/O=client of the gateway' : `/CN=${use} of ${host}`;
  const kept = join(folder, `${at}.ext`);
  await writeFile(kept, `subjectAltName=${names}\nextendedKeyUsage=${purpose}\n`);
  await openssl(folder, ['req', ...NEW_KEY, `${at}.key.new`, '-out', `${at}.csr`, '-subj', subject]);
  await openssl(folder, [
    ...['x509', '-req', '-in', `${at}.csr`, '-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial'],
    ...['-days', String(days), '-extfile', kept, '-out', `${at}.crt.new`],
  ]);
  await chmod(join(folder, `${at}.key.new`), 0o600);
  const moved = await runCommand('sh', ['-c', `mv ${at}.key.new ${at}.key && mv ${at}.crt.new ${at}.crt`], {
    cwd: folder,
  });
  if (moved.kind === 'failed') throw new Error(moved.reason);
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout'];

async function openssl(cwd: string, args: readonly string[]): Promise<void> {
  const made = await runCommand('openssl', args, { cwd });
  if (made.kind === 'failed')
    throw new Error(
      `openssl ${args[0]}: ${made.reason}: ${made.stderr}. Is it installed? (apt install openssl)`,
    );
}
