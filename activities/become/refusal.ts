import type { AsUser } from '../../plan/rounds.ts';

type Known = {
  readonly says: RegExp;
  readonly means: (as: AsUser) => string;
  readonly mend: (as: AsUser) => string;
};

/** What sudo says, and what is to be done. The words are those of sudo 1.8 and 1.9 and of sudo-rs, in the C locale. */
const KNOWN: readonly Known[] = [
  {
    says: /sudo: (command )?not found|sudo: No such file/,
    means: () => 'the host has no sudo',
    mend: () => 'Install sudo there, or log in as a user who needs none and remove become.',
  },
  {
    says: /incorrect (password|authentication) attempt|[Ii]ncorrect authentication|no password was provided|[Mm]aximum .*attempts/,
    means: ({ password }) =>
      password === undefined ? 'sudo asks for a password' : 'sudo does not take the password',
    mend: () =>
      "Look at the secret that become's password names: it has to be the login user's own password there.",
  },
  {
    says: /a password is required|authentication (is )?required/,
    means: () => 'sudo asks for a password',
    mend: ({ user }) =>
      `Name one (become: { user: ${user}, password: \${{ secrets.NAME }} }), or allow it without: NOPASSWD in sudoers.`,
  },
  {
    says: /must have a tty|no tty present/,
    means: () => 'sudo wants a terminal (requiretty)',
    mend: () => 'Take requiretty off for the login user in sudoers: Defaults:USER !requiretty.',
  },
  {
    says: /unknown user|user '?[^']*'? not found/i,
    means: ({ user }) => `the host has no user ${user}`,
    mend: () => "Correct become's user, or create it on the host.",
  },
  {
    says: /not in the sudoers file|not allowed to (execute|run)|may not run sudo|I'm sorry/,
    means: ({ user }) => `sudoers does not let the login user run a shell as ${user}`,
    mend: ({ user }) => `Allow it in sudoers on the host: LOGIN ALL=(${user}) NOPASSWD: /bin/sh (visudo).`,
  },
  {
    says: /no new privileges|must be owned by uid 0|effective uid is not 0|nosuid/,
    means: () => 'sudo can gain no rights there',
    mend: () =>
      'Look at what takes set-uid programs their power: nosuid, NoNewPrivileges, the mode of the sudo program.',
  },
  {
    says: /account validation failure|account .*(expired|locked)|PAM account/,
    means: () => "sudo finds the login user's account locked or expired",
    mend: () => 'Look at it with chage -l on the host.',
  },
];

/** Why nothing ran, in one sentence, and the next step. */
export function refusal(as: AsUser, said: string): string {
  const lines = said.split('\n').map((line) => line.trim());
  const known = KNOWN.find(({ says }) => says.test(said));
  // The first line about it is the cause; what follows it is often "error initializing".
  const line = lines.find((one) => (known === undefined ? /sudo/.test(one) : known.says.test(one))) ?? '';
  const word = line === '' ? lines.findLast((one) => one !== '') : line;
  const heard = word === undefined ? '' : ` It said: ${word.slice(0, 300)}`;
  if (known === undefined)
    return `nothing was run as ${as.user}: sudo did not let it begin.${heard === '' ? ' It said nothing.' : heard}`;
  return `nothing was run as ${as.user}: ${known.means(as)}. ${known.mend(as)}${heard}`;
}
