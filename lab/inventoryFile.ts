import { stringify } from 'yaml';
import {
  clientKeyOf,
  homeOf,
  inventoryOf,
  knownHostsOf,
  type Lab,
  type LabHost,
  replaceFile,
} from './lab.ts';

/** Writes `inventory.yaml`; the names in it are explained in the README of this folder. */
export async function writeInventory(lab: Lab): Promise<void> {
  const vars = {
    ansible_user: lab.user,
    ansible_ssh_private_key_file: clientKeyOf(lab),
    holdfast_known_hosts: knownHostsOf(lab),
    ...(lab.etcd === undefined ? {} : { etcd_source: lab.etcd.source, etcd_version: lab.etcd.version }),
  };
  const hosts = Object.fromEntries(
    lab.hosts.map((host) => [
      host.name,
      { ansible_host: host.address, ansible_port: host.port, holdfast_home: homeOf(host) },
    ]),
  );
  const head = '# Written by `holdfast lab up`; `holdfast lab down` removes it.\n';
  await replaceFile(inventoryOf(lab), head + stringify({ all: { vars, children: { etcd: { hosts } } } }));
}

/** Pins every host's key, in OpenSSH's format: a port other than 22 is written `[address]:port`. */
export async function writeKnownHosts(lab: Lab, keys: ReadonlyMap<LabHost, string>): Promise<void> {
  const lines = lab.hosts.map((host) => {
    const name = host.port === 22 ? host.address : `[${host.address}]:${host.port}`;
    return `${name} ${keys.get(host)}\n`;
  });
  await replaceFile(knownHostsOf(lab), lines.join(''));
}
