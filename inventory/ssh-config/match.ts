import { fitsPatterns } from './patterns.ts';

/** What a `Match` line is judged by, as far as the config was read by then. */
export type MatchState = {
  /** As it would be typed after `ssh`. */
  readonly destination: string;
  /** By the config's HostName so far. */
  readonly hostName: string;
  readonly user: string;
  readonly localUser: string;
  readonly tag: string;
  /** The second reading, which `Match final` asks for. */
  readonly final: boolean;
};

export type Criterion = { readonly name: string; readonly negated: boolean; readonly argument: string };

/** Known to OpenSSH, and never looked at here: they run a command, or look at this machine's network. */
export const UNREAD_CRITERIA: readonly string[] = [
  'exec',
  'localnetwork',
  'sessiontype',
  'command',
  'version',
];
const WITHOUT_ARGUMENT: readonly string[] = ['all', 'canonical', 'final'];

/** The criteria of a `Match` line: `host a,b !user root`, also `host=a`. */
export function matchCriteria(args: readonly string[]): readonly Criterion[] {
  const words = args.flatMap((arg) => {
    const equals = /^(!?[A-Za-z]+)=(.*)$/.exec(arg);
    return equals === null ? [arg] : [equals[1] ?? '', equals[2] ?? ''];
  });
  const criteria: Criterion[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    const negated = word.startsWith('!');
    const name = (negated ? word.slice(1) : word).toLowerCase();
    const argument = WITHOUT_ARGUMENT.includes(name) ? '' : (words[++i] ?? '');
    criteria.push({ name, negated, argument });
  }
  return criteria;
}

/** Whether a `Match` block applies: all of its criteria have to hold. One that is not looked at never does. */
export function matches(criteria: readonly Criterion[], state: MatchState): boolean {
  return (
    criteria.length > 0 &&
    criteria.every((each) => {
      const holds = holdsAlone(each, state);
      return holds !== undefined && holds !== each.negated;
    })
  );
}

function holdsAlone({ name, argument }: Criterion, state: MatchState): boolean | undefined {
  const patterns = argument.split(',');
  const small = patterns.map((pattern) => pattern.toLowerCase());
  switch (name) {
    case 'all':
      return true;
    case 'canonical':
    case 'final':
      return state.final;
    case 'host':
      return fitsPatterns(state.hostName.toLowerCase(), small);
    case 'originalhost':
      return fitsPatterns(state.destination.toLowerCase(), small);
    case 'user':
      return fitsPatterns(state.user, patterns);
    case 'localuser':
      return fitsPatterns(state.localUser, patterns);
    case 'tagged':
      return fitsPatterns(state.tag, patterns);
    default:
      return undefined;
  }
}
