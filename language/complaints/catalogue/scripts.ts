import { book, type Entry } from '../entry.ts';

const LIB = 'room() { df -Pk . | grep -q /; }\n';
const including = (run: string) => ({
  files: {
    'main.yaml': book(`  - id: a\n    on: etcd\n    run: |\n${run}`, 'include: [lib.sh]\n'),
    'lib.sh': LIB,
  },
});

/** Scripts, copies, and what must not be seen. */
export const SCRIPT_ENTRIES: readonly Entry[] = [
  {
    code: 'run/expression',
    severity: 'error',
    title: `\${{ }} in a script`,
    why: 'What an expression gives would be read as code: a blank, a quote or a $( ) in it would do something. Values reach a script by env, which quotes itself.',
    bad: book(`  - id: a\n    on: etcd\n    run: echo \${{ run.reason }}\n`),
    good: book(
      `  - id: a\n    on: etcd\n    env: { REASON: "\${{ run.reason }}" }\n    run: echo "$REASON"\n`,
    ),
  },
  {
    code: 'run/characters',
    severity: 'error',
    title: 'A character that no shell takes',
    why: 'A NUL or a carriage return in a script: mostly the file was saved with the line ends of another system.',
    bad: book('  - { id: a, on: etcd, run: "ls\\r\\n" }\n'),
    good: book('  - { id: a, on: etcd, run: "ls\\n" }\n'),
  },
  {
    code: 'run/function-in-condition',
    severity: 'warning',
    title: 'A function in a condition',
    why: 'sh -e is off inside of a function that stands in if, while, && or ||: a command in it may fail, and it goes on.',
    bad: including('      if room; then ls; fi\n'),
    good: including('      room\n      ls\n'),
  },
  {
    code: 'run/status-hidden',
    severity: 'warning',
    title: 'A status that is lost',
    why: 'A pipe has the status of its last command, and $( ) inside of a word has none: what fails there is not noticed.',
    bad: including('      room | cat\n'),
    good: including('      room > seen\n      cat seen\n'),
  },
  {
    code: 'shell/syntax',
    severity: 'error',
    title: 'Not a shell script',
    why: 'The shell of this machine was asked with -n, which reads a script and runs nothing. It says where it stopped; the cause is often above: a fi, done or quote that is missing.',
    bad: book('  - id: a\n    on: etcd\n    run: |\n      if true; then\n        ls\n'),
    good: book('  - id: a\n    on: etcd\n    run: |\n      if true; then\n        ls\n      fi\n'),
    shownOnly: 'language/shell/check-scripts.test.ts',
  },
  {
    code: 'shell/lint',
    severity: 'warning',
    title: 'What shellcheck says',
    why: 'Where shellcheck is installed, validate asks it too. Its message has its own code (SC2086), which its documentation explains; a comment "# shellcheck disable=SC2086" above the line silences it.',
    bad: book('  - id: a\n    on: etcd\n    run: |\n      x="a b"\n      rm $x\n'),
    good: book('  - id: a\n    on: etcd\n    run: |\n      x="a b"\n      rm "$x"\n'),
    shownOnly: 'language/shell/check-scripts.test.ts',
  },
  {
    code: 'copy/not-found',
    severity: 'error',
    title: 'Nothing there to copy',
    why: 'What is copied is looked for beside the runbook, then from the root of the folder of runbooks. It never leaves those folders.',
    bad: book('  - { id: a, on: etcd, copy: { from: etcd.conf, to: etcd.conf } }\n'),
    good: {
      files: {
        'main.yaml': book('  - { id: a, on: etcd, copy: { from: etcd.conf, to: etcd.conf } }\n'),
        'etcd.conf': 'name: x\n',
      },
    },
  },
  {
    code: 'copy/expression',
    severity: 'error',
    title: 'An expression in the name of what is copied',
    why: 'The files of the runbook are pinned in the plan by their digest, so that it has to be known which they are. A path on another host may have expressions.',
    bad: book(`  - { id: a, on: etcd, copy: { from: "\${{ run.reason }}.conf", to: etcd.conf } }\n`),
    good: book(
      `  - { id: a, on: web, copy: { from: { host: "etcd[0]", path: "\${{ run.reason }}.conf" }, to: etcd.conf } }\n`,
    ),
  },
  {
    code: 'copy/link',
    severity: 'error',
    title: 'A link among what is copied',
    why: 'A link leads to what may be another file on every machine. Only files and folders are copied.',
    bad: book('  - { id: a, on: etcd, copy: { from: linked, to: there } }\n'),
    good: book('  - { id: a, on: etcd, copy: { from: { host: web1, path: file }, to: there } }\n'),
    shownOnly: 'language/complaints/catalogue.test.ts',
  },
  {
    code: 'copy/size',
    severity: 'error',
    title: 'No file, or very many',
    why: 'A folder of 1 to 2,000 files is copied. More would make a plan that nobody can read: pack them.',
    bad: book('  - { id: a, on: etcd, copy: { from: empty, to: there } }\n'),
    good: {
      files: {
        'main.yaml': book('  - { id: a, on: etcd, copy: { from: all.tar, to: all.tar } }\n'),
        'all.tar': 'x',
      },
    },
    shownOnly: 'language/complaints/catalogue.test.ts',
  },
  {
    code: 'copy/effect',
    severity: 'error',
    title: 'A copy that says it only reads',
    why: 'A copy writes. Where what it would write is there already, it is unchanged.',
    bad: book('  - { id: a, on: web, effect: read, copy: { from: { host: etcd00, path: x }, to: x } }\n'),
    good: book('  - { id: a, on: web, copy: { from: { host: etcd00, path: x }, to: x } }\n'),
  },
  {
    code: 'copy/several-hosts',
    severity: 'error',
    title: 'A copy from several hosts',
    why: 'It could be a different file on each of them.',
    bad: book('  - { id: a, on: web, copy: { from: { host: etcd, path: x }, to: x } }\n'),
    good: book('  - { id: a, on: web, copy: { from: { host: "etcd[0]", path: x }, to: x } }\n'),
  },
  {
    code: 'become/password',
    severity: 'error',
    title: 'A password in the runbook',
    why: 'It would stand in the file, in the plan, and in the record for ever. A secret is named by where it is found.',
    bad: book('  - { id: a, on: etcd, become: { password: hunter2 }, run: ls }\n'),
    good: book(
      `  - { id: a, on: etcd, become: { password: "\${{ secrets.sudo }}" }, run: ls }\n`,
      'secrets: { sudo: env:SUDO_PASSWORD }\n',
    ),
  },
  {
    code: 'secret/unknown',
    severity: 'error',
    title: 'A secret that is not declared',
    why: 'secrets says of each name where the secret is found: env:NAME, file:/PATH, vault:PATH#KEY or sops:FILE#KEY, on the worker.',
    bad: book(`  - { id: a, on: etcd, run: ls, env: { T: "\${{ secrets.token }}" } }\n`),
    good: book(
      `  - { id: a, on: etcd, run: ls, env: { T: "\${{ secrets.token }}" } }\n`,
      'secrets: { token: env:TOKEN }\n',
    ),
  },
  {
    code: 'secret/reference',
    severity: 'error',
    title: 'Not a reference to a secret',
    why: 'A secret is named by where it is found, never by what it is. If the secret itself stood there, change it: it is in the history of the file.',
    bad: book(
      `  - { id: a, on: etcd, run: ls, env: { T: "\${{ secrets.token }}" } }\n`,
      'secrets: { token: hunter2 }\n',
    ),
    good: book(
      `  - { id: a, on: etcd, run: ls, env: { T: "\${{ secrets.token }}" } }\n`,
      'secrets: { token: file:/run/secrets/token }\n',
    ),
  },
  {
    code: 'secret/unused',
    severity: 'warning',
    title: 'A secret that nothing uses',
    why: 'Somebody would look after it for nothing.',
    bad: book('  - { id: a, on: etcd, run: ls }\n', 'secrets: { token: env:TOKEN }\n'),
    good: book('  - { id: a, on: etcd, run: ls }\n'),
  },
  {
    code: 'secret/leak',
    severity: 'error',
    title: 'A secret that would be seen',
    why: 'Titles, questions, URLs, paths and host patterns are shown and recorded. Secrets, and sensitive outputs, may stand in env, in headers and bodies of requests, in become.password, and be passed to inputs of type secret.',
    bad: book(
      `  - { id: a, http: { url: "http://host/?token=\${{ secrets.token }}" } }\n`,
      'secrets: { token: env:TOKEN }\n',
    ),
    good: book(
      `  - { id: a, http: { url: "http://host/", headers: { Authorization: "Bearer \${{ secrets.token }}" } } }\n`,
      'secrets: { token: env:TOKEN }\n',
    ),
  },
  {
    code: 'secret/looked-into',
    severity: 'error',
    title: 'An expression that looks into a secret',
    why: 'Only a worker knows what a secret or a sensitive output is, and only where it is used. What is compared with it, counted in it or made of it would be recorded and tell something of it. A script may look into it, and say what is to be known.',
    bad: book(
      `  - { id: login, on: 'etcd[0]', run: ./login, outputs: { token: { type: string, sensitive: true } } }\n  - { id: work, on: etcd, when: login.token != "", run: ls }\n`,
    ),
    good: book(
      `  - { id: login, on: 'etcd[0]', run: ./login, outputs: { token: { type: string, sensitive: true }, given: bool } }\n  - { id: work, on: etcd, when: login.given, run: ls }\n`,
    ),
  },
  {
    code: 'secret/trace',
    severity: 'warning',
    title: 'A secret in a shell that prints what it does',
    why: 'set -x prints every command with its values. What is printed is masked, but a part of a secret, or another form of it, is not found.',
    bad: book(
      `  - id: a\n    on: etcd\n    env: { T: "\${{ secrets.token }}" }\n    run: |\n      set -x\n      login "$T"\n`,
      'secrets: { token: env:TOKEN }\n',
    ),
    good: book(
      `  - id: a\n    on: etcd\n    env: { T: "\${{ secrets.token }}" }\n    run: |\n      login "$T"\n`,
      'secrets: { token: env:TOKEN }\n',
    ),
  },
];
