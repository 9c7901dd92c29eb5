/** A server, wired by hand: what each part needs is on one line here, and it stops in the reverse order. */
import { hostname } from 'node:os';
import { join } from 'node:path';
import { createAuditLog } from '@maille/api/audit/audit-log';
import { createGate } from '@maille/api/auth/gate';
import { createHostCheck } from '@maille/api/auth/host-check';
import { writeLocalToken } from '@maille/api/auth/local-token';
import { createSessionRoutes } from '@maille/api/auth/session-routes';
import { signInUrl } from '@maille/api/auth/sign-in-links';
import { openServerCertificate } from '@maille/api/certificates/server-certificate';
import { createExperimentRoutes } from '@maille/api/experiments/experiment-routes';
import { createExperiments } from '@maille/api/experiments/experiments';
import { createExportRoutes } from '@maille/api/exports/export-routes';
import { createInfluxPush } from '@maille/api/exports/influx-push';
import { createProbeTotals } from '@maille/api/exports/probe-totals';
import type { Context, Handlers } from '@maille/api/http/handler';
import { createHttpServer, type Listen } from '@maille/api/http/http-server';
import { createBaselineFiles } from '@maille/api/incidents/baseline-files';
import { createCovers } from '@maille/api/incidents/covered-targets';
import { createIncidentDetection } from '@maille/api/incidents/incident-detection';
import { createIncidentRegistry } from '@maille/api/incidents/incident-registry';
import { createIncidentRoutes } from '@maille/api/incidents/incident-routes';
import { createIncidentTraces } from '@maille/api/incidents/incident-traces';
import { createKnownWays } from '@maille/api/incidents/known-ways';
import { createLinkEndpoint } from '@maille/api/link/link-endpoint';
import { createOtherVersions } from '@maille/api/link/other-versions';
import { createLiveEndpoint } from '@maille/api/live/live-endpoint';
import { createMachineRegistry } from '@maille/api/machines/machine-registry';
import { createMachineRoutes } from '@maille/api/machines/machine-routes';
import { createMeshKeeper } from '@maille/api/mesh/mesh-keeper';
import { createMeshRoutes } from '@maille/api/mesh/mesh-routes';
import { createReadOverview } from '@maille/api/overview/read-overview';
import { createTargetPulse } from '@maille/api/overview/target-pulse';
import { createMeRoutes } from '@maille/api/people/me-routes';
import { createPeopleRoutes } from '@maille/api/people/people-routes';
import { createReadMe } from '@maille/api/people/read-me';
import { createPrefixSpeakers } from '@maille/api/routes/prefix-speakers';
import { createRouteRegistry } from '@maille/api/routes/route-registry';
import { createRouteViews } from '@maille/api/routes/route-views';
import { createRouterNames } from '@maille/api/routes/router-names';
import { createTracerouteRoutes } from '@maille/api/routes/traceroute-routes';
import { createOperationRoutes } from '@maille/api/settings/operation-routes';
import { parsePublicUrl, publicOrigin } from '@maille/api/settings/public-origin';
import { createFirstTargets } from '@maille/api/targets/first-targets';
import { createSeriesRoutes } from '@maille/api/targets/series-routes';
import { createTargetGuard, seriesFinding } from '@maille/api/targets/target-guard';
import { createTargetRegistry } from '@maille/api/targets/target-registry';
import { createTargetRoutes } from '@maille/api/targets/target-routes';
import { type Clock, systemClock } from '@maille/base/clock';
import { createLifecycle } from '@maille/base/lifecycle';
import type { Log } from '@maille/base/log';
import { inspectHost } from '@maille/host/doctor/inspect-host';
import { createIdentityVerifier, openIdentity } from '@maille/host/identity';
import { applyPendingRestore } from '@maille/store/backup/apply-restore';
import { removeScratch } from '@maille/store/backup/write-backup';
import { createLocalBus } from '@maille/store/bus/local-bus';
import { openSettings } from '@maille/store/database/settings';
import { openSqliteDatabase } from '@maille/store/database/sqlite';
import { openEmbeddedSeries } from '@maille/store/series/embedded/embedded-series';
import { LINK_PATH } from '@maille/wire/link/messages';
import { LIVE_PATH } from '@maille/wire/live/messages';
import { ICMP } from '@maille/wire/probe-method';
import type { Target } from '@maille/wire/rest/targets';
import { announceServer } from './announce-server.ts';
import { createBackups } from './backups.ts';
import { createSignInParts } from './create-sign-in-parts.ts';
import { holdDataFolder } from './data-folder.ts';
import { listenProblem } from './listen-problem.ts';
import { outsideName } from './outside-name.ts';
import { createOwnNames } from './own-names.ts';

export interface ServerOptions {
  dataDir: string;
  /** Loopback only. */
  http: Listen;
  https: Listen;
  /** The agent of this machine: approved when it comes. */
  localAgentId?: string | undefined;
  /** What that agent pings to begin with: its gateways and resolvers too, or loopback alone. */
  firstTargets?: 'network' | 'loopback';
  webFolder: string;
  version: string;
  log: Log;
  clock?: Clock;
  /** The header `Authorization` for the time-series database that samples are pushed to, if it wants one. */
  influxAuthorization?: string | undefined;
  /** The UDP port of presence; absent: this server does not announce itself. */
  presencePort?: number | undefined;
  /** Ends the process so that it is started again. */
  restart(): void;
}

export interface RunningServer {
  serverId: string;
  httpUrl: string;
  httpsUrl: string;
  /** Signs the first admin in, once, within an hour. */
  signInUrl: string;
  stop(): Promise<void>;
}

const PRINTED_LINK_MS = 3_600_000;
const HOUSEKEEPING_MS = 3_600_000;
const INSPECT_MS = 60_000;

export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const lifecycle = createLifecycle();
  try {
    return await wire(options, lifecycle);
  } catch (error) {
    await lifecycle.stop();
    throw error;
  }
}

async function wire(
  options: ServerOptions,
  lifecycle: ReturnType<typeof createLifecycle>,
): Promise<RunningServer> {
  const { dataDir, version, log, clock = systemClock } = options;
  const file = (...names: string[]) => join(dataDir, ...names);

  lifecycle.add('data folder', await holdDataFolder(dataDir));
  applyPendingRestore(dataDir, log);
  await removeScratch(dataDir);
  const identity = openIdentity(file('identity', 'server.key'));
  const verifier = createIdentityVerifier();
  const database = lifecycle.add('database', await openSqliteDatabase(file('maille.sqlite'), log));
  const bus = lifecycle.add('bus', createLocalBus(log));
  const series = lifecycle.add('series', await openEmbeddedSeries({ folder: file('series'), clock, log }));
  const settings = await openSettings({ database, bus, clock, log });
  const audit = createAuditLog({ database, bus, clock });

  const who = createSignInParts({ database, clock, identity, settings });
  const { revocations, sessions, tokens, links, passkeys, signIn, people } = who;

  const machines = lifecycle.add(
    'machines',
    await createMachineRegistry({
      database,
      bus,
      clock,
      verifier,
      log,
      requireRoom: (machine, field) => guard.requireMachine(machine, targets.list().targets, field),
      ...(options.localAgentId !== undefined && { localAgentId: options.localAgentId }),
    }),
  );
  const guard = createTargetGuard({ settings: settings.current, machines: machines.list });
  const targets = await createTargetRegistry({ database, bus, clock, log, guard });
  // A prefix's strip is of echoes: a TCP port's RTT holds a handshake, and mixing them would tell of neither.
  const placeEchoed = (some: readonly Target[]) =>
    series.placeTargets(some.filter(({ probe }) => probe === ICMP));
  placeEchoed(targets.list().targets);
  lifecycle.add('places', { stop: bus.subscribe('targets', ({ put }) => placeEchoed(put)) });
  const { localAgentId, firstTargets = 'network' } = options;
  lifecycle.add('first targets', {
    stop: await createFirstTargets({ database, bus, targets, localAgentId, reach: firstTargets, log }),
  });

  const pulse = lifecycle.add('pulse', createTargetPulse({ bus, clock, targetOf: targets.get }));
  for (const { agentNumber, batch } of await series.readWindow(clock.wallMs() - 60_000, clock.wallMs()))
    pulse.take(agentNumber, batch);
  const speakerOf = (targetId: number): number | undefined => speakers.speakerOf(targetId);
  const routes = lifecycle.add(
    'routes',
    await createRouteRegistry({
      database,
      bus,
      clock,
      log,
      targetIds: () => targets.list().targets.map(({ id }) => id),
      speakerOf,
    }),
  );
  const isKnown = (targetId: number) => routes.currentOf(targetId).length > 0;
  const speakers = lifecycle.add(
    'prefix speakers',
    createPrefixSpeakers({ targets, pulse, settings: settings.current, isKnown, bus, clock, log }),
  );
  // Before agents come: they are told once.
  await speakers.keep();
  const agentName = (agentNumber: number) => {
    const machine = machines.list().find((one) => one.agentNumber === agentNumber);
    return machine ? machine.label || machine.facts.hostname : String(agentNumber);
  };
  const influx = lifecycle.add(
    'influx push',
    createInfluxPush({
      bus,
      clock,
      log,
      url: () => settings.current().influxUrl,
      authorization: options.influxAuthorization,
      targetOf: targets.get,
      agentName,
    }),
  );
  const otherVersions = createOtherVersions(clock);
  const inspectServer = async () => [
    ...influx.findings(),
    ...otherVersions.findings(),
    seriesFinding(guard.series(targets.list().targets), settings.current().maxSeries),
    ...(await inspectHost({ dataDir, forServer: true })),
  ];
  let serverFindings = await inspectServer();

  const ways = createKnownWays(routes, clock);
  const covers = createCovers({ machines, ways });
  const incidents = lifecycle.add(
    'incidents',
    await createIncidentRegistry({
      database,
      bus,
      clock,
      log,
      targets,
      countCovered: ({ scopeKey }, seen) =>
        targets
          .list()
          .targets.filter((one) => seen.has(one.id))
          .filter(covers(scopeKey)).length,
    }),
  );
  const readOverview = createReadOverview({
    machines,
    targets,
    pulse,
    incidents,
    serverFindings: () => [...mesh.findings(), ...serverFindings],
    certificate: () => certificate,
    clock,
  });
  const baselineFiles = createBaselineFiles(file('baselines'));
  const detection = lifecycle.add(
    'detection',
    await createIncidentDetection({
      bus,
      clock,
      log,
      targets,
      incidents,
      files: baselineFiles,
      covers,
      ways,
      agentName,
    }),
  );

  const hostNames = createOwnNames(clock);
  const ownNames = () => [...hostNames(), ...publicNames(settings.current().publicUrl)];
  const gate = createGate({ hosts: createHostCheck(ownNames), sessions, tokens });
  const openCertificate = () => openServerCertificate({ folder: file('tls'), names: ownNames(), clock });
  let certificate = await openCertificate();

  const link = lifecycle.add(
    'link',
    createLinkEndpoint({
      identity,
      verifier,
      registry: machines,
      targets,
      series,
      bus,
      clock,
      log,
      otherVersions,
      seeds: () => settings.current().presenceSeeds,
    }),
  );

  lifecycle.add(
    'incident traces',
    createIncidentTraces({
      ...{ bus, clock, targets, machines, speakerOf },
      evidenceOf: incidents.evidenceOf,
      traceNow: link.traceNow,
    }),
  );

  const mesh = lifecycle.add(
    'mesh',
    createMeshKeeper({ machines, targets, settings: settings.current, bus, clock, log }),
  );
  const experiments = lifecycle.add(
    'load experiments',
    await createExperiments({
      database,
      bus,
      clock,
      log,
      audit,
      machines,
      targets,
      settings: settings.current,
      link,
    }),
  );
  const names = createRouterNames({ clock, isOn: () => settings.current().resolveRouters });
  const routeViews = createRouteViews({ targets, routes, speakers, names });
  const live = lifecycle.add(
    'live',
    createLiveEndpoint({
      gate,
      revocations,
      bus,
      machines,
      targets,
      incidents,
      routeViews,
      experimentsInView: experiments.inView,
      series,
      audit,
      readOverview,
      clock,
      log,
    }),
  );

  const installationName = () => settings.current().installationName;
  const readMe = createReadMe({ people, signIn, installationName, version });
  const outside = (context?: Context) =>
    publicOrigin({
      publicUrl: settings.current().publicUrl,
      host: outsideName(),
      httpsPort: http.httpsPort,
      asked: context?.origin,
    });
  const totals = lifecycle.add(
    'totals',
    createProbeTotals(bus, (id) => targets.get(id) !== undefined),
  );
  const handlers: Handlers = {
    ...createSessionRoutes({ signIn, sessions, passkeys, readMe }),
    ...createMeRoutes({ ...who, database, readMe, installationName }),
    ...createPeopleRoutes({ people, links, signIn, targets, publicOrigin: outside }),
    ...createMachineRoutes({
      machines,
      serverId: identity.id,
      publicOrigin: outside,
      ownPrefixes: () => settings.current().ownPrefixes,
    }),
    ...createTargetRoutes({ targets }),
    ...createSeriesRoutes({ targets, series, settings: settings.current, clock }),
    ...createIncidentRoutes({ incidents, targets, baselines: detection.baselines }),
    ...createTracerouteRoutes({
      targets,
      views: routeViews,
      machines,
      traceNow: link.traceNow,
      clock,
    }),
    ...createMeshRoutes({ mesh, targets, series, settings }),
    ...createExperimentRoutes({ experiments }),
    ...createExportRoutes({
      targets,
      incidents,
      lines: { series, agentName },
      metrics: {
        targets: () => targets.list().targets,
        machines: machines.list,
        totals,
        influx: influx.state,
        clock,
        version,
      },
    }),
    ...createOperationRoutes({
      readOverview,
      settings,
      audit,
      machines,
      backups: createBackups({ dataDir, database, series, version, clock, log, restart: options.restart }),
      clock,
      version,
      serverId: identity.id,
      certificate: () => certificate,
      inspectServer: async () => [...mesh.findings(), ...(await inspectServer())],
      isWell: () =>
        database.kysely
          .selectFrom('counter')
          .select('name')
          .limit(1)
          .execute()
          .then(
            () => true,
            () => false,
          ),
    }),
  };

  const http = lifecycle.add(
    'http',
    await createHttpServer({
      handlers,
      gate,
      audit,
      clock,
      log,
      version,
      webFolder: options.webFolder,
      http: options.http,
      https: options.https,
      certificate,
      upgrades: {
        [LIVE_PATH]: live.handleUpgrade,
        [LINK_PATH]: link.handleUpgrade,
      },
      listenProblem,
    }),
  );

  if (options.presencePort !== undefined) {
    const { presencePort: port } = options;
    const { httpsPort } = http;
    lifecycle.add(
      'presence',
      await announceServer({ identity, verifier, clock, log, bus, settings, version, port, httpsPort }),
    );
  }

  const renewCertificate = async () => {
    const now = await openCertificate();
    if (now.fingerprint === certificate.fingerprint) return;
    certificate = now;
    http.setCertificate(now);
    log.info({ fingerprint: now.fingerprint }, 'the server has a new certificate');
  };
  const housekeeping = async () => {
    const { rawRetentionDays, rollupRetentionDays } = settings.current();
    await Promise.all([sessions.sweep(), audit.sweep(), targets.sweep(), renewCertificate()]);
    await routes.sweep(rollupRetentionDays);
    await incidents.sweep(rollupRetentionDays);
    await baselineFiles.drop(rawRetentionDays, clock.wallMs());
    await series.retain(rawRetentionDays, rollupRetentionDays);
  };
  const logged = (work: () => Promise<void>, what: string) => () => {
    work().catch((error) => log.error({ err: error }, `${what} failed`));
  };
  const cancels = [
    clock.every(HOUSEKEEPING_MS, logged(housekeeping, 'housekeeping')),
    clock.every(
      INSPECT_MS,
      logged(async () => {
        serverFindings = await inspectServer();
      }, 'looking at this host'),
    ),
    bus.subscribe('settings', logged(renewCertificate, 'renewing the certificate')),
  ];
  lifecycle.add('housekeeping', {
    stop() {
      for (const cancel of cancels) cancel();
    },
  });
  logged(housekeeping, 'housekeeping')();

  await writeLocalToken(file('local-api-token'), people, tokens);
  const admin = await people.firstAdmin();
  const { token } = await links.create(admin.id, PRINTED_LINK_MS);
  const httpUrl = `http://localhost:${http.httpPort}`;
  return {
    serverId: identity.id,
    httpUrl,
    httpsUrl: `https://${hostname()}:${http.httpsPort}`,
    signInUrl: signInUrl(httpUrl, token),
    async stop() {
      const { failed } = await lifecycle.stop();
      for (const part of failed) log.error(part, 'a part did not stop');
    },
  };
}

function publicNames(publicUrl: string): string[] {
  const origin = parsePublicUrl(publicUrl);
  return origin ? [new URL(origin).hostname.replace(/^\[|\]$/g, '')] : [];
}
