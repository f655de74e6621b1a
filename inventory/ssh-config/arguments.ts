import { splitArguments } from './lines.ts';

/** What a command line of ssh says that means something here. */
export type SshArguments = {
  readonly proxyJump?: string;
  readonly proxyCommand?: string;
  readonly identityFile?: string;
  readonly knownHostsFile?: string;
  readonly user?: string;
  readonly port?: number;
  /** What `-W` names, as it is written. */
  readonly forward?: string;
  readonly destination?: string;
  /** Each option that has an effect in ssh and none here. */
  readonly unread: readonly string[];
};

/** ssh(1): options that an argument follows. */
const WITH_ARGUMENT = /^-([BbcDEeFIiJLlmOoPpQRSWw])(.*)$/;

/** ssh_config(5): how ssh keeps, shares and shows a connection, which is Holdfast's own affair; and what it does without being told. */
const OWN_AFFAIR =
  /^(controlmaster|controlpath|controlpersist|serveralive\w+|tcpkeepalive|compression|batchmode|connectionattempts|connecttimeout|preferredauthentications|pubkeyauthentication|passwordauthentication|kbdinteractiveauthentication|challengeresponseauthentication|numberofpasswordprompts|gssapi\w+|forwardagent|forwardx11\w*|loglevel|requesttty|addkeystoagent|visualhostkey|updatehostkeys|checkhostip|hashknownhosts|escapechar|exitonforwardfailure|clearallforwardings)$/;

/** Reads options as Ansible's `ansible_ssh_common_args` and a `ProxyCommand` have them. Undefined: a quote is open. */
export function readSshArguments(text: string): SshArguments | undefined {
  const words = splitArguments(text);
  if (words === undefined) return undefined;
  const said: { -readonly [K in keyof SshArguments]: SshArguments[K] } = { unread: [] };
  const unread: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    const option = WITH_ARGUMENT.exec(word);
    if (option !== null) {
      const argument = option[2] !== '' ? (option[2] ?? '') : (words[++i] ?? '');
      take(option[1] ?? '', argument);
    } else if (!word.startsWith('-')) {
      said.destination ??= word;
      // What follows the destination is a command for the other side.
      if (said.destination !== word) unread.push(word);
    }
  }
  return { ...said, unread };

  function take(letter: string, argument: string): void {
    if (letter === 'J') said.proxyJump ??= argument;
    else if (letter === 'i') said.identityFile ??= argument;
    else if (letter === 'l') said.user ??= argument;
    else if (letter === 'p') said.port ??= Number(argument);
    else if (letter === 'W') said.forward ??= argument;
    else if (letter === 'o') takeOption(argument);
    else if (!'Ee'.includes(letter)) unread.push(`-${letter} ${argument}`);
  }

  function takeOption(argument: string): void {
    const [, name = '', value = ''] = /^\s*(\w+)\s*[=\s]\s*(.*)$/.exec(argument) ?? [];
    const keyword = name.toLowerCase();
    if (keyword === 'proxyjump') said.proxyJump ??= value;
    else if (keyword === 'proxycommand') said.proxyCommand ??= value;
    else if (keyword === 'identityfile') said.identityFile ??= value;
    else if (keyword === 'userknownhostsfile' && value !== '/dev/null') said.knownHostsFile ??= value;
    else if (keyword === 'user') said.user ??= value;
    else if (keyword === 'port') said.port ??= Number(value);
    else if (!OWN_AFFAIR.test(keyword)) unread.push(`-o ${argument}`);
  }
}

/**
 * The jump host of a `ProxyCommand` that is a ProxyJump in an older spelling: `ssh -W %h:%p [USER@]HOST`. Undefined
 * for every other command: none is run here.
 */
export function jumpOfCommand(command: string): string | undefined {
  const [, rest] = /^(?:\S*\/)?ssh\s+(.*)$/.exec(command.trim()) ?? [];
  const said = rest === undefined ? undefined : readSshArguments(rest);
  if (said?.destination === undefined || !/^(%h:%p|\[%h\]:%p)$/.test(said.forward ?? '')) return undefined;
  const { destination, user, port, proxyJump, proxyCommand, identityFile, knownHostsFile } = said;
  if ([proxyCommand, identityFile, knownHostsFile].some((each) => each !== undefined)) return undefined;
  const trusting = /^-o\s*StrictHostKeyChecking\b/i;
  if (said.unread.some((each) => !trusting.test(each))) return undefined;
  const login = user === undefined || destination.includes('@') ? destination : `${user}@${destination}`;
  const jump = port === undefined ? login : `${login}:${port}`;
  return proxyJump === undefined ? jump : `${proxyJump},${jump}`;
}
