/**
 * For each route a request that succeeds, made anew at each call: what it needs exists when it is asked,
 * and nothing else breaks when it is done. Leaving a route out does not compile.
 */
import type { RouteId } from '@maille/api/http/handler';
import { scopes } from '@maille/wire/rest/route';
import { Secret, TOTP } from 'otpauth';
import type { FilledFolder } from './filled-data-folder.ts';
import { createSoftwareAuthenticator } from './software-authenticator.ts';
import type { Ask, TestServer, Voice } from './test-server.ts';

export interface Example {
  params?: Record<string, string | number>;
  query?: Record<string, string | number>;
  body?: unknown;
  raw?: Ask['raw'];
}

export interface ExampleWorld {
  server: TestServer;
  folder: FilledFolder;
  /** Who will ask: what is "mine" must be theirs. Undefined where the asker has no session. */
  voice: Voice | undefined;
}

type MakeExample = (world: ExampleWorld) => Example | Promise<Example>;

export const PASSWORD = 'a long enough password';
let serial = 0;

async function done<T>(world: ExampleWorld, path: string, ask: Ask, voice = world.server.local): Promise<T> {
  const answer = await world.server.ask(path, { ...ask, headers: voice.headers });
  if (answer.status >= 300) throw new Error(`${ask.method} ${path}: ${answer.status} ${answer.text}`);
  return answer.body as T;
}

const post = <T>(world: ExampleWorld, path: string, body?: unknown, voice?: Voice) =>
  done<T>(world, path, { method: 'POST', body }, voice);

const freshTarget = async (world: ExampleWorld): Promise<number> => {
  const n = ++serial;
  const entries = `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`;
  const { ids } = await post<{ ids: number[] }>(world, '/targets', { entries });
  return ids[0] as number;
};
const freshPerson = (world: ExampleWorld) => world.server.addPerson('viewer');
const freshTeam = async (world: ExampleWorld) =>
  (await post<{ id: number }>(world, '/teams', { name: `Team ${++serial}` })).id;
const anyTarget = ({ folder }: ExampleWorld) => folder.targetIds[0] as number;
const aMachine = ({ folder }: ExampleWorld) => folder.machineIds.approved[0] as string;
/** Something of nobody's, where the asker has nothing of their own: they are to be refused anyway. */
const NOBODYS = 4_000_000_000;

export const routeExamples: Record<RouteId, MakeExample> = {
  getHealth: () => ({}),
  getSession: () => ({}),
  async signIn(world) {
    const person = await freshPerson(world);
    const voice = await world.server.enter(person.id);
    await done(world, '/me/password', { method: 'PUT', body: { next: PASSWORD } }, voice);
    return { body: { login: person.login, password: PASSWORD } };
  },
  async signInByLink(world) {
    const person = await freshPerson(world);
    const { url } = await post<{ url: string }>(world, `/people/${person.id}/sign-in-link`);
    return { body: { token: new URL(url).hash.slice(1) } };
  },
  signOut: () => ({}),
  beginPasskeySignIn: () => ({}),
  async signInByPasskey(world) {
    const person = await freshPerson(world);
    const voice = await world.server.enter(person.id);
    const authenticator = createSoftwareAuthenticator({ origin: world.server.server.httpUrl });
    const begun = await post<{ challengeId: string; options: unknown }>(
      world,
      '/me/passkeys/options',
      undefined,
      voice,
    );
    const { challengeId } = begun;
    const response = authenticator.register(begun.options);
    await post(world, '/me/passkeys', { challengeId, response, name: 'Key' }, voice);
    const asked = await post<{ challengeId: string; options: unknown }>(
      world,
      '/session/passkey/options',
      undefined,
      {
        headers: {},
        personId: 0,
      },
    );
    return { body: { challengeId: asked.challengeId, response: authenticator.authenticate(asked.options) } };
  },

  changeMe: () => ({ body: { name: 'New Name', language: 'fr', theme: 'dark' } }),
  setMyPassword: () => ({ body: { next: PASSWORD } }),
  async beginTotp(world) {
    // Those who have codes already would be told so.
    if (world.voice) await done(world, '/me/totp', { method: 'DELETE' }, world.voice);
    return {};
  },
  async confirmTotp(world) {
    if (!world.voice) return { body: { code: '000000' } };
    await done(world, '/me/totp', { method: 'DELETE' }, world.voice);
    const { secret } = await post<{ secret: string }>(world, '/me/totp', undefined, world.voice);
    return { body: { code: new TOTP({ secret: Secret.fromBase32(secret) }).generate() } };
  },
  removeTotp: () => ({}),
  listMyPasskeys: () => ({}),
  beginPasskey: () => ({}),
  async addPasskey(world) {
    if (!world.voice) return { body: { challengeId: 'x', response: {} } };
    const begun = await post<{ challengeId: string; options: unknown }>(
      world,
      '/me/passkeys/options',
      undefined,
      world.voice,
    );
    const authenticator = createSoftwareAuthenticator({ origin: world.server.server.httpUrl });
    return {
      body: {
        challengeId: begun.challengeId,
        response: authenticator.register(begun.options),
        name: 'My key',
      },
    };
  },
  async removePasskey(world) {
    if (!world.voice) return { params: { id: 'x' } };
    const example = await routeExamples.addPasskey(world);
    const { id } = await post<{ id: string }>(world, '/me/passkeys', example.body, world.voice);
    return { params: { id } };
  },
  listMySessions: () => ({}),
  async endMySession(world) {
    if (!world.voice) return { params: { id: NOBODYS } };
    const other = await world.server.enter(world.voice.personId);
    const { sessions } = await done<{ sessions: { id: number; current: boolean }[] }>(
      world,
      '/me/sessions',
      {},
      other,
    );
    return { params: { id: sessions.find(({ current }) => current)?.id as number } };
  },
  listMyTokens: () => ({}),
  createToken: () => ({ body: { name: 'ci', scopes: ['targets:read'], expiresInSeconds: 3_600 } }),
  async deleteToken(world) {
    if (!world.voice) return { params: { id: NOBODYS } };
    const body = { name: 'old', scopes: ['targets:read'] };
    const { token } = await post<{ token: { id: number } }>(world, '/me/tokens', body, world.voice);
    return { params: { id: token.id } };
  },

  listPeople: () => ({}),
  createPerson: () => ({ body: { login: `new-${++serial}`, name: 'New', role: 'viewer', teamIds: [] } }),
  async changePerson(world) {
    return { params: { id: (await freshPerson(world)).id }, body: { name: 'Other', role: 'operator' } };
  },
  async deletePerson(world) {
    return { params: { id: (await freshPerson(world)).id } };
  },
  async createSignInLink(world) {
    return { params: { id: (await freshPerson(world)).id } };
  },
  listTeams: () => ({}),
  createTeam: () => ({ body: { name: `Crew ${++serial}` } }),
  async deleteTeam(world) {
    return { params: { id: await freshTeam(world) } };
  },

  listMachines: () => ({}),
  getMachine: (world) => ({ params: { id: aMachine(world) } }),
  approveMachine: ({ folder }) => ({ params: { id: folder.machineIds.pending[0] as string } }),
  rejectMachine: ({ folder }) => ({ params: { id: folder.machineIds.pending[1] as string } }),
  reauthenticateMachine: ({ folder }) => ({ params: { id: folder.machineIds.approved[1] as string } }),
  changeMachine: (world) => ({ params: { id: aMachine(world) }, body: { label: 'Rack 1', tags: ['rack'] } }),
  forgetMachine: ({ folder }) => ({ params: { id: folder.machineIds.rejected.pop() as string } }),
  listJoinTokens: () => ({}),
  createJoinToken: () => ({ body: { note: 'for the new rack', uses: 2 } }),
  async deleteJoinToken(world) {
    const { joinToken } = await post<{ joinToken: { id: number } }>(world, '/join-tokens', {});
    return { params: { id: joinToken.id } };
  },
  listPeers: () => ({}),

  listTargets: () => ({}),
  getTarget: (world) => ({ params: { id: anyTarget(world) } }),
  createTargets: () => ({
    body: { entries: `192.0.2.${(++serial % 250) + 1}, bad..name`, label: 'New', tags: ['x'] },
  }),
  changeTarget: (world) => ({
    params: { id: anyTarget(world) },
    body: { label: 'Loopback', intervalMs: 2_000, agents: { by: 'tags', tags: ['rack'] } },
  }),
  changeTargets: ({ folder }) => ({ body: { ids: folder.targetIds, change: { timeoutMs: 800 } } }),
  async deleteTargets(world) {
    return { body: { ids: [await freshTarget(world)] } };
  },
  async restoreTargets(world) {
    const ids = [await freshTarget(world)];
    await post(world, '/targets/delete', { ids });
    return { body: { ids } };
  },
  traceTargets: (world) => ({ body: { ids: [anyTarget(world)], forMs: 60_000 } }),
  getTargetSeries: (world) => ({
    params: { id: anyTarget(world) },
    query: {
      fromMs: world.folder.samplesFromMs,
      toMs: world.folder.samplesToMs,
      agentNumber: 1,
      resolution: 'raw',
    },
  }),
  getTargetStatistics: (world) => ({
    params: { id: anyTarget(world) },
    query: { fromMs: world.folder.samplesFromMs, toMs: world.folder.samplesToMs, agentNumber: 1 },
  }),
  getPrefixStatistics: ({ folder }) => ({
    query: { prefix: '127.0.0.0/24', fromMs: folder.samplesFromMs, toMs: folder.samplesToMs },
  }),
  getGridMinute: ({ folder }) => ({ query: { atMs: folder.samplesToMs } }),
  getGridMinutes: ({ folder }) => ({ query: { fromMs: folder.samplesFromMs, toMs: folder.samplesToMs } }),
  getMinuteStrip: ({ folder }) => ({ query: { fromMs: folder.samplesFromMs, toMs: folder.samplesToMs } }),

  listIncidents: ({ folder }) => ({ query: { state: 'ended', targetId: folder.targetIds[0] as number } }),
  getIncident: ({ folder }) => ({ params: { id: folder.incidentId } }),
  acknowledgeIncident: ({ folder }) => ({
    params: { id: folder.incidentId },
    body: { acknowledged: true, note: 'on my way' },
  }),
  getBaselines: ({ folder }) => ({ query: { atMs: folder.samplesToMs } }),

  listRoutes: ({ folder }) => ({ query: { prefix: '127.0.0.0/24', atMs: folder.samplesToMs } }),
  getTargetRoutes: (world) => ({ params: { id: anyTarget(world) }, query: { limit: 10 } }),
  traceTargetNow: (world) => ({ params: { id: anyTarget(world) }, body: {} }),
  getMesh: ({ folder }) => ({ query: { fromMs: folder.samplesFromMs, toMs: folder.samplesToMs } }),
  setMesh: () => ({ body: { on: true } }),
  listExperiments: () => ({ query: { limit: 10 } }),
  getExperiment: ({ folder }) => ({ params: { id: folder.experimentId }, query: { fromSecond: 1 } }),
  startExperiment: (world) => ({
    body: {
      machineId: aMachine(world),
      plan: {
        addresses: ['127.0.0.1'],
        fromRate: 1,
        toRate: 10,
        steps: 2,
        ramp: 'geometric',
        stepSeconds: 2,
        timeoutMs: 500,
        maxLossPercent: 5,
      },
    },
  }),
  stopExperiment: ({ folder }) => ({ params: { id: folder.experimentId } }),
  getOverview: () => ({}),
  getSettings: () => ({}),
  changeSettings: () => ({ body: { installationName: 'Test mesh', rawRetentionDays: 10 } }),
  listAudit: () => ({ query: { limit: 20, search: 'target' } }),
  getDoctor: () => ({}),
  createBackup: () => ({}),
  exportSeries: () => ({ query: { fromMs: 0, toMs: 60_000, format: 'csv' } }),
  getMetrics: () => ({}),
  restoreBackup: () => ({ raw: { type: 'application/x-tar', bytes: Buffer.alloc(1_024) } }),
};

export const allScopes = scopes.flatMap((scope) => [`${scope}:read`, `${scope}:write`]);
