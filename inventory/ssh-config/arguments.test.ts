import { expect, test } from 'vitest';
import { jumpOfCommand, readSshArguments } from './arguments.ts';

test.each([
  ['ssh -W %h:%p gw', 'gw'],
  ['ssh -q -W "[%h]:%p" -p 2222 -l ops gw', 'ops@gw:2222'],
  ['/usr/bin/ssh -W %h:%p -o StrictHostKeyChecking=no -o ControlPersist=60s ops@gw', 'ops@gw'],
  ['ssh -J first -W %h:%p gw', 'first,gw'],
])('%s is the jump host %s', (command, jump) => {
  expect(jumpOfCommand(command)).toBe(jump);
});

test.each([
  'nc %h %p',
  'ssh gw nc %h %p',
  'ssh -W %h:%p -i key gw',
  'ssh -W %h:%p -F other gw',
  'ssh -W %h:22 gw',
  'ssh -W %h:%p "gw',
  'sh -c "ssh -W %h:%p gw"',
])('%s is no jump host in another spelling', (command) => {
  expect(jumpOfCommand(command)).toBeUndefined();
});

test('what has an effect in ssh and none here is named', () => {
  const text = `-o StrictHostKeyChecking=no -oUserKnownHostsFile=/dev/null -o ControlMaster=auto -C -F other -o 'ProxyCommand=nc %h %p'`;
  expect(readSshArguments(text)).toEqual({
    proxyCommand: 'nc %h %p',
    unread: ['-o StrictHostKeyChecking=no', '-o UserKnownHostsFile=/dev/null', '-F other'],
  });
});
