/** What a form is for, and what each of its keys says: what an editor shows beside the key, and the reference. */
type FormWords = { readonly about: string; readonly keys: { readonly [key: string]: string } };

/** By form. */
export type Words = { readonly [form: string]: FormWords };

const REQUEST: FormWords = {
  about: 'A request. Redirects are answers.',
  keys: {
    url: 'Where to: begins with http:// or https://. It is shown and recorded: no secrets.',
    method: 'GET unless there is a body, then POST.',
    via: 'host: the request goes through the SSH connection of each host of on. Left out: once, from the worker.',
    headers: 'Name to text.',
    json: `A body as JSON. Numbers, true and false are what they are; texts may hold \${{ }}.`,
    form: 'A body as a form: name to text.',
    body: 'A body as it stands.',
    expect: 'What has to hold of the answer; else the step failed.',
  },
};

const BECOME: FormWords = {
  about: 'As whom it runs.',
  keys: {
    user: 'The user; root unless said. May differ from host to host.',
    method: 'sudo.',
    password: `A secret that sudo is told: \${{ secrets.sudo }}. Left out: sudo must not ask.`,
  },
};

/** By form; `run.retry` is what stands under retry of a run step, where it differs from other forms. */
export const WORDS: Words = {
  runbook: {
    about: 'A runbook.',
    keys: {
      holdfast: 'The version of the language: 1.',
      name: 'Its path without .yaml, in lower case: etcd/rebuild.',
      summary: 'What it is for, in a sentence.',
      docs: 'As much text as it needs: when to use it, when not, what can go wrong.',
      inputs: 'What is asked of who starts it: name to type, or to a mapping.',
      requires: 'Requirements in words, each with an expression over the inputs. Looked at when planning.',
      include:
        'Shell files whose functions the scripts may call, and fragments (files with include, host_vars, env, secrets). Beside this file, else from the root of the folder of runbooks.',
      host_vars: `Variables that every host has unless the inventory says otherwise: \${{ host.NAME }}. Later ones may use earlier ones.`,
      env: 'Environment of every script. May name host.',
      secrets: `Name to where the secret is found, on the worker: env:NAME, file:/PATH, vault:PATH#KEY, sops:FILE#KEY. Used as \${{ secrets.NAME }} in env, in headers and bodies of requests, and in become.password.`,
      locks:
        'Hosts (inputs) and free names that are locked for the whole run, beside the hosts that are changed.',
      on: 'The hosts of steps that name none: a pattern as Ansible writes it (etcd:!etcd02), whose words may be inputs.',
      steps: 'What it does, from top to bottom.',
      outputs: 'Name to expression: what a runbook that uses this one may read.',
      report: 'Ids of steps whose outputs stand in the one-page report.',
    },
  },
  fragment: { about: 'A file that runbooks include.', keys: {} },
  inputs: {
    about: 'An input: a type, or a mapping.',
    keys: {
      type: 'string, text, int, number, bool, choice, duration, size, url, host, hosts, secret, list<T>, { name: T }.',
      default: `Its value where none is given. May be made of inputs above it: \${{ }}.`,
      help: 'A sentence for who has to give it.',
      values: 'Of a choice: what can be chosen.',
      min: 'Of numbers, durations and sizes the least value; of texts and lists the least length.',
      max: 'Of numbers, durations and sizes the greatest value; of texts and lists the greatest length.',
      pattern: 'A regular expression (RE2) that a text matches as a whole.',
      optional: 'true: may be left out, and is then the empty text, the empty list or no host.',
    },
  },
  step: {
    about: 'A step: exactly one key says what it does.',
    keys: {
      id: 'Its name in expressions. step_1, step_2, … unless said.',
      title: `A sentence for who follows the run. May hold \${{ }}.`,
      when: 'It happens only if this holds. Per host if it names host or outputs of this host. Of a loop asked once, before it.',
      on: 'A host pattern as Ansible writes it: etcd:!etcd02, members[0], members[0:2]. Words are names in scope, groups or hosts. Inherited from the group and the runbook.',
      as: 'The group or use happens once for each host of on (or item of for_each), under this name.',
      for_each: 'An expression that gives a list: it happens once for each item, one after the other.',
      serial: 'So many hosts at a time: 1, 5, 25%. All at once unless said.',
      parallel: 'true: its steps (or the turns of for_each) side by side.',
      max_failures: 'So many hosts may fail before it stops: 1, 25%.',
      any: 'true, with effect: read: the first host that answers will do.',
      effect:
        'read, change (unless said) or destroy. Only what reads is asked when planning; what destroys never repeats by itself and needs an approve before it.',
      may_fail: 'true: a failure is expected. The host stays in the run, its row is missing.',
      idempotent: 'true: running it twice does no harm, so an unknown outcome is tried again.',
      become:
        'As whom it runs: true (root), false, or a mapping with user and password. Inherited from the group.',
      env: 'Environment: name to text. Values as text, lists and maps as JSON. This is how values reach a script.',
      shell: 'The shell and its options. sh -eu unless said.',
      done: 'Whether the step is as it should be. Asked before (holds: unchanged), after (must hold), and to settle an unknown outcome.',
      outputs: 'Name to type. A script writes name=value to "$OUTPUT"; a request says from where.',
      sensitive: 'true: outputs are sealed, and what is printed is not kept.',
      check: 'Requirements in words, each with an expression over what is known after the step.',
      retry:
        'Try again: within or times, and every, backoff, when. Without when only what says of itself that it may help.',
      timeout: 'How long one try may take.',
      on_failure:
        'hold (unless said): a person decides. fail: the run ends. continue: the host takes no part any more. rollback: what was done is undone.',
      on_unknown:
        'What if it can not be known how it ended: ask a person, retry, or fail. retry if it only reads or is idempotent, else ask.',
      rollback:
        'A script that undoes it, or a mapping with run and env. Its env may name the outputs of the step.',
    },
  },
  run: {
    about: 'A shell script on each host of on.',
    keys: { run: `The script. It takes no \${{ }}: values reach it by env.` },
  },
  http: {
    about: 'A request, from the worker or through the connection of each host.',
    keys: { http: 'The request.' },
  },
  copy: {
    about: 'A file or folder to each host of on. Unchanged where it is there already.',
    keys: { copy: 'What, and where to.' },
  },
  set: {
    about: 'Names for later steps.',
    keys: {
      set: 'Name to expression, in order: later ones may use earlier ones.',
      choose: 'Name to condition: the first that holds is ID.choice.',
    },
  },
  check: { about: 'Requirements that stand alone.', keys: {} },
  approve: { about: 'A gate: a person is asked.', keys: { approve: 'What is asked, and of whom.' } },
  manual: {
    about: 'Something that a person does by hand and confirms.',
    keys: { manual: 'What there is to do, or a mapping.' },
  },
  wait: {
    about: 'A time, or until done holds.',
    keys: { wait: 'How long: 30s, 10m. With done the longest time.' },
  },
  use: {
    about: 'Another runbook.',
    keys: {
      use: 'The name of the runbook.',
      with: 'What it is given: a list of names that are alike ([members]), or input to value, read by the type of the input.',
    },
  },
  steps: { about: 'Steps that belong together.', keys: { steps: 'The steps.' } },
  retry: {
    about: 'How something is tried again.',
    keys: {
      within: 'As long as this.',
      times: 'As often as this.',
      every:
        'The wait between two tries. 1s unless said, then 1.5 times the last one; steady where it is said.',
      backoff: 'Each wait is so many times the last one.',
      when: 'Only if this holds of how it failed: rc, stderr; of a request status, headers, body, json.',
    },
  },
  done: {
    about: 'Whether the step is as it should be.',
    keys: {
      run: 'The script that says so, by its status.',
      http: 'The request that is asked.',
      holds: 'The expression over its answer: status, headers, body, json.',
      every: 'How often it is asked after the step. 1s unless said.',
      within: 'How long after the step it may take until it holds. Asked once unless said.',
      become: 'As whom it is asked: as the step unless said.',
    },
  },
  rollback: {
    about: 'How it is undone.',
    keys: { run: 'The script.', env: 'Its environment, beside that of the step.' },
  },
  outputs: {
    about: 'An output: a type, or a mapping.',
    keys: {
      type: 'Its type.',
      from: 'Of a request: the expression that gives it, over status, headers, body, json.',
      sensitive: 'true: sealed, and used like a secret.',
    },
  },
  expect: {
    about: 'What has to hold of the answer.',
    keys: {
      status: 'One or several. 200 to 206 unless said.',
      body: 'An expression over status, headers, body, json.',
    },
  },
  become: BECOME,
  'http.http': REQUEST,
  'http.done.http': REQUEST,
  'copy.copy': {
    about: 'What is copied, and where to.',
    keys: {
      from: 'A file or folder beside the runbook, or from the root of the folder of runbooks; or { host, path }: from one host of the run.',
      to: 'Its path on the host. What is not absolute begins at the home folder.',
      mode: 'Of files, as 0640; folders have x where it has r. As in the source unless said.',
      owner: 'user, user:group or :group.',
    },
  },
  from: {
    about: 'Where on which host it is.',
    keys: { host: 'One host.', path: 'Its path there.', become: 'As whom it is read.' },
  },
  'approve.approve': {
    about: 'A question.',
    keys: {
      ask: `The question. May hold \${{ }}.`,
      show: 'Ids of steps above: their outputs stand beside the question, and the answer is bound to them.',
      expires: 'After this it counts as rejected. A week unless said.',
      by: 'Who may answer.',
      count: 'How many have to agree.',
      allow_requester: 'true: who started the run may answer too.',
    },
  },
  'manual.manual': {
    about: 'Something to do by hand.',
    keys: {
      do: `What there is to do. May hold \${{ }}.`,
      by: 'Who may confirm it.',
      expires: 'After this it counts as not done. A week unless said.',
      show: 'Ids of steps above, whose outputs stand beside it.',
    },
  },
};
