import type { Digest } from '../../plan/ids.ts';
import type { AsUser } from '../../plan/rounds.ts';
import { becomeDigest } from './becomeText.ts';
import { lookingText } from './looking.ts';
import { quoted, seconds } from './shell.ts';
import { supervisorDigest, supervisorText } from './supervisor.ts';

/** Where a run's jobs live on a host: as `place.chosen` recorded it. */
export type Place = { readonly directory: string; readonly token: string };

/** What a launch needs beyond a look. Its texts hold no secret; the environment may, and reaches the host by stdin only. */
export type Material = {
  /** Names this exec's copies of the texts: two launches never write the same file. */
  readonly nonce: string;
  readonly script: JobScript;
  readonly done?: { readonly script: JobScript; readonly everyMs: number; readonly withinMs: number };
  readonly env: { readonly [name: string]: string };
  /** Shell files of all scripts, and whether the host may be believed to have each. */
  readonly library: ReadonlyMap<Digest, { readonly text: string; readonly there: boolean }>;
  readonly supervisorThere: boolean;
  /** Left out: all of it runs as the login user. Else `library` has `becomeText`. */
  readonly become?: {
    readonly script?: AsUser;
    readonly done?: AsUser;
    /** A name that nobody on the host can guess. */
    readonly secret: string;
  };
};

export type JobScript = {
  readonly text: string;
  readonly shell: string;
  readonly includes: readonly Digest[];
};

export type AttemptText = {
  readonly mark: string;
  readonly place: Place;
  readonly epoch: number;
  readonly job: string;
  readonly recorded: { readonly boot: string | undefined };
  /** Ids of older generations not seen finished. */
  readonly older: readonly string[];
  /** How far each stream is in the store. */
  readonly from: { readonly out: number; readonly err: number };
  /** Left out: only look. */
  readonly material?: Material;
  /** Takes `go` where nobody has, so that it is proven that nothing of this attempt ran or ever will. */
  readonly claim?: boolean;
  /** The shell that launched the job and waits for it on another channel: it is told to let go. */
  readonly wake?: number;
  /** How long to wait on the host for something new. */
  readonly waitMs: number;
};

/** Bytes of a stream that one exec gives at most; who gets as many asks again. */
export const pieceBytes = 1024 * 1024;
/** The cap on what a step's `$OUTPUT` may hold. One byte more is sent, so that the reader can tell. */
export const outputCap = 64 * 1024;

const programText = String.raw`
hf_emit() {
  [ -s "$1" ] || return
  hf_say $3
  if [ "$2" = 0 ]; then
    dd bs=65536 count=16 <"$1"
  else
    { dd bs=1 skip="$2" count=0; dd bs=65536 count=16; } <"$1"
  fi
}
hf_streams() {
  hf_emit "$hf_j/out" "$hf_out" out
  hf_emit "$hf_j/err" "$hf_err" err
}
hf_finish() {
  hf_uptime
  hf_limit=$((hf_up + 200))
  until [ -e "$hf_j/drained" ]; do
    hf_uptime
    [ "$hf_up" -ge "$hf_limit" ] && break
    sleep 0.05 || sleep 1
  done
  hf_streams
  hf_more= hf_value=output
  for hf_f in "$hf_j"/done.*; do
    [ -e "$hf_f" ] && hf_value=output.after
  done
  [ -e "$hf_j/unchanged" ] && hf_value=output.before hf_more="$hf_more unchanged=1"
  [ -e "$hf_j/undone" ] && hf_more="$hf_more undone=1"
  [ -e "$hf_j/refused" ] && hf_more="$hf_more refused=1"
  [ -e "$hf_j/out.cut" ] && hf_more="$hf_more outcut=1"
  [ -e "$hf_j/err.cut" ] && hf_more="$hf_more errcut=1"
  for hf_f in "$hf_j"/stop.*; do
    [ -e "$hf_f" ] && hf_more="$hf_more stop=\${hf_f##*/stop.}"
  done
  if [ -s "$hf_j/$hf_value" ]; then
    hf_say value
    head -c ${outputCap + 1} "$hf_j/$hf_value"
  fi
  case $hf_more in
    *undone* | *refused*)
      if [ -s "$hf_j/check" ]; then
        hf_say note
        tail -c 600 "$hf_j/check"
      fi ;;
  esac
  hf_report end "$hf_more"
}
hf_age() {
  hf_uptime
  hf_more=
  hf_lives "$hf_j" && hf_more="age=$((hf_up - hf_start))"
}
hf_follow() {
  hf_uptime
  hf_limit=$((hf_up + hf_wait)) hf_nap=0.02
  while :; do
    hf_decide
    case $hf_act in
      done) hf_finish; return ;;
      follow) ;;
      *) hf_streams; hf_report end; return ;;
    esac
    hf_age
    hf_o=0 hf_e=0
    [ -s "$hf_j/out" ] && hf_o=$(wc -c <"$hf_j/out")
    [ -s "$hf_j/err" ] && hf_e=$(wc -c <"$hf_j/err")
    if [ "$hf_o" -gt "$hf_out" ] || [ "$hf_e" -gt "$hf_err" ] || [ "$hf_up" -ge "$hf_limit" ]; then
      hf_streams
      hf_report end "$hf_more"
      return
    fi
    sleep $hf_nap || sleep 1
    case $hf_nap in 0.02) hf_nap=0.05 ;; 0.05) hf_nap=0.1 ;; 0.1) hf_nap=0.2 ;; 0.2) hf_nap=0.4 ;; esac
  done
}
hf_keep() {
  [ -e "$hf_dir/lib/$1" ] && return
  printf '%s' "$2" >"$hf_dir/lib/$1.$hf_nonce" && mv "$hf_dir/lib/$1.$hf_nonce" "$hf_dir/lib/$1"
}
hf_start() {
  [ -e "$hf_dir/epoch.$hf_epoch" ] || true >"$hf_dir/epoch.$hf_epoch" || { hf_why=space; return 1; }
  if command -v setsid; then hf_setsid=setsid
  elif busybox setsid true; then hf_setsid='busybox setsid'
  elif command -v perl; then hf_setsid='perl -MPOSIX -e POSIX::setsid();exec@ARGV'
  else hf_why=setsid; return 1
  fi >/dev/null
  hf_library || return 1
  [ -d "$hf_j" ] || mkdir "$hf_j" || [ -d "$hf_j" ] || { hf_why=space; return 1; }
  hf_texts || { hf_why=space; return 1; }
  if [ -n "$hf_users" ]; then
    hf_users </dev/null | hf_launch >/dev/null 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &
  else
    hf_launch </dev/null >/dev/null 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &
  fi
  hf_child=$!
}
hf_take() {
  [ -d "$hf_j" ] || mkdir "$hf_j"
  mkdir "$hf_j/go" && true >"$hf_j/never"
  hf_decide
}
hf_main() {
  [ -n "$hf_wake" ] && kill -USR1 "$hf_wake"
  hf_decide
  case $hf_claim$hf_act$hf_newer in
    1start | 1supervise | 1refuse) hf_take ;;
  esac
  case $hf_act in
    done) hf_finish ;;
    follow) hf_follow ;;
    start | supervise)
      if [ -z "$hf_nonce" ]; then hf_report end; return; fi
      trap true USR1
      if ! hf_start; then hf_act=refuse; hf_report end; return; fi
      read -r hf_l </proc/self/stat
      hf_report launched "shell=\${hf_l%% *}"
      hf_say pad ................................................................
      wait "$hf_child"
      hf_wait=0
      hf_follow ;;
    *) hf_streams; hf_report end ;;
  esac
}
`.replaceAll('\\${', '${');

/** The text of one exec that looks at a job and does at once what its look allows. POSIX sh, to be read by a shell on stdin. */
export function attemptText(attempt: AttemptText): string {
  const { material, place } = attempt;
  const values = [
    `hf_mark=${quoted(attempt.mark)}`,
    `hf_dir=${quoted(place.directory)} hf_token=${quoted(place.token)} hf_epoch=${attempt.epoch}`,
    `hf_j="$hf_dir/${attempt.job}" hf_olds=${quoted(attempt.older.join(' '))}`,
    `hf_recorded=${quoted(attempt.recorded.boot ?? '')}`,
    `hf_out=${attempt.from.out} hf_err=${attempt.from.err} hf_wake=${attempt.wake ?? ''}`,
    `hf_claim=${attempt.claim === true ? 1 : ''}`,
    `hf_wait=${Math.round(attempt.waitMs / 10)} hf_nonce=${quoted(material?.nonce ?? '')}`,
    `hf_users=${material?.become === undefined ? '' : 1}`,
  ];
  return [
    ...values,
    lookingText,
    programText,
    material === undefined ? '' : materialText(material, place, attempt.job),
    'hf_main 2>/dev/null',
    material === undefined ? '' : 'unset -f hf_launch hf_texts hf_library hf_users',
    '',
  ].join('\n');
}

/** Functions that write the job's texts and start its supervisor. Only `hf_launch` holds the environment; `hf_users` holds it and the passwords. */
function materialText(material: Material, place: Place, job: string): string {
  const { script, done, nonce, become } = material;
  const library = [...material.library].map(([digest, { text, there }]) =>
    there
      ? `  [ -e "$hf_dir/lib/${digest}.sh" ] || { hf_why=library; return 1; }`
      : `  hf_keep ${digest}.sh ${quoted(text)} || { hf_why=space; return 1; }`,
  );
  const supervisor = `supervisor-${supervisorDigest.slice(0, 16)}.sh`;
  const exports = Object.entries(material.env).map(([name, value]) => `  export ${name}=${quoted(value)}`);
  const texts = (of: JobScript, as: AsUser | undefined) =>
    quoted(as === undefined ? withIncludes(of, place) : of.text);
  const words = [
    `"$hf_dir/lib/${supervisor}"`,
    quoted(place.directory),
    quoted(place.token),
    job,
    nonce,
    quoted(script.shell),
    quoted(done?.script.shell ?? ''),
    seconds(Math.max(done?.everyMs ?? 0, 10)),
    String(Math.round((done?.withinMs ?? 0) / 10)),
    ...(become === undefined ? [] : [becomeDigest]),
  ];
  const launch = `exec $hf_setsid sh ${words.join(' ')}`;
  return [
    'hf_library() {',
    material.supervisorThere
      ? `  [ -e "$hf_dir/lib/${supervisor}" ] || { hf_why=library; return 1; }`
      : `  hf_keep ${supervisor} ${quoted(supervisorText)} || { hf_why=space; return 1; }`,
    ...library,
    '}',
    'hf_texts() {',
    `  printf '%s' ${texts(script, become?.script)} >"$hf_j/script.${nonce}" || return 1`,
    done === undefined
      ? ''
      : `  printf '%s' ${texts(done.script, become?.done)} >"$hf_j/done.${nonce}" || return 1`,
    '}',
    'hf_launch() {',
    ...exports,
    `  ${launch}`,
    '}',
    become === undefined ? '' : `hf_users() { printf '%s' ${quoted(saidOfUsers(material, job))}; }`,
  ].join('\n');
}

/** What `becomeText` reads on its stdin. */
function saidOfUsers({ script, done, nonce, env, become }: Material, job: string): string {
  const of = (name: 'script' | 'done', program: JobScript | undefined, as: AsUser | undefined) => {
    const includes = (program?.includes ?? []).map((include) => `lib/${include}.sh`);
    const files = [...includes, `${job}/${name}.${nonce}`].join(' ');
    const password = quoted(as?.password ?? '');
    return `hf_as_${name}=${quoted(as?.user ?? '')} hf_password_${name}=${password} hf_files_${name}=${quoted(files)}`;
  };
  const exports = Object.entries(env).map(([name, value]) => `export ${name}=${quoted(value)}`);
  return [
    of('script', script, become?.script),
    of('done', done?.script, become?.done),
    `hf_secret=${quoted(become?.secret ?? '')}`,
    `hf_environment=${quoted(exports.join('\n'))}`,
    'hf_whole=1',
  ].join('\n');
}

/** The shell files are sourced on a line of their own, the first: `reason.ts` counts on it. */
function withIncludes(script: JobScript, place: Place): string {
  if (script.includes.length === 0) return script.text;
  return `${includesText(script.includes, place)}\n${script.text}`;
}

function includesText(includes: readonly Digest[], place: Place): string {
  return includes.map((include) => `. ${quoted(`${place.directory}/lib/${include}.sh`)}`).join('; ');
}
