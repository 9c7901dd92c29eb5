/** `maille trace HOST`: the way to a host, from here and now; neither a server nor a sensor is needed. */
import type { FlowTrace } from '@maille/engine/route/flow-trace';
import { MAX_FLOWS, MAX_HOPS, type TracePlan, traceMethods } from '@maille/wire/traceroute';
import { defineCommand, UsageError } from '../arguments/command.ts';
import { refuseArguments, requireArguments } from '../arguments/require-action.ts';
import { resolveHost } from '../arguments/resolve-host.ts';
import type { Context } from '../context.ts';
import { safeText } from '../terminal/safe-text.ts';
import { createReverseNames, type ReverseNames } from '../trace/reverse-names.ts';
import { runTrace } from '../trace/run-trace.ts';
import { endLines, hopLines } from '../trace/trace-lines.ts';

const USAGE = 'trace HOST';
const DEFAULT_PORT = 80;
/** Asked once, so never again; the plan wants a figure. */
const NEVER_MS = 86_400_000;

export const command = defineCommand({
  name: 'trace',
  summary: 'the way to a host, router by router, from here and now',
  usage: [USAGE, `${USAGE} --method tcp --port 443`],
  details:
    'Each flow keeps its header on the whole way, so that routers that spread load take it for one connection; several flows show ways in parallel. Without root, ICMP works where ping_group_range allows it, and UDP stands in elsewhere.',
  options: {
    method: { type: 'string', short: 'm', takes: 'icmp|udp|tcp', default: 'icmp', summary: 'what is sent' },
    port: {
      type: 'string',
      short: 'p',
      takes: 'N',
      summary: `with --method tcp, the port to connect to; otherwise ${DEFAULT_PORT}`,
    },
    flows: { type: 'string', short: 'f', takes: 'N', default: '4', summary: `flows, 1 to ${MAX_FLOWS}` },
    numeric: { type: 'boolean', short: 'n', summary: 'ask for no names' },
  },
  async run(context, { values, rest, json }) {
    const [host, ...more] = requireArguments(rest, USAGE);
    refuseArguments(more, USAGE);
    const plan = planOf(values.method, values.port, values.flows);
    const address = await resolveHost(host);
    const names = createReverseNames(context.clock);
    const printer = createPrinter(context, names, values.numeric);
    try {
      const round = await runTrace({
        address,
        plan,
        clock: context.clock,
        onBegin(method, findings) {
          for (const { title, remedy } of findings) {
            context.say(context.paint.warn(safeText(title)));
            if (remedy) context.say(`  ${safeText(remedy)}`);
          }
          const to = host === address ? address : `${safeText(host)} (${address})`;
          const by = method === 'tcp' ? `TCP port ${plan.port}` : method.toUpperCase();
          const flows = plan.flows === 1 ? '1 flow' : `${plan.flows} flows`;
          if (!json) context.print(`The way to ${to} by ${by}, ${flows}, at most ${MAX_HOPS} hops`);
        },
        onProgress: (flows) => printer.progress(flows, !json),
      });
      await printer.done(!json);
      if (json) {
        const hops = round.flows.flatMap((flow) => flow.hops.flatMap((hop) => hop.address ?? []));
        const named = [...new Set(hops)].flatMap((hop) => [[hop, names.of(hop)]] as const);
        const known = Object.fromEntries(named.filter(([, name]) => name !== undefined));
        const { targetId: _, ...told } = round;
        context.print(JSON.stringify({ host, ...told, names: known }));
      } else for (const line of endLines(round, names.of)) context.print(line);
      return round.flows.some(({ end }) => end === 'reached') ? 0 : 1;
    } finally {
      names.stop();
    }
  },
});

function planOf(method: string, port: string | undefined, flows: string): TracePlan {
  const known = traceMethods.find((one) => one === method);
  if (!known) throw new UsageError(`--method is icmp, udp or tcp, not ${method}.`);
  if (port !== undefined && known !== 'tcp') throw new UsageError('--port goes with --method tcp.');
  return {
    method: known,
    everyMs: NEVER_MS,
    flows: wholeNumber('--flows', flows, MAX_FLOWS),
    ...(known === 'tcp' && { port: wholeNumber('--port', port ?? String(DEFAULT_PORT), 65_535) }),
  };
}

function wholeNumber(option: string, text: string, most: number): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < 1 || number > most)
    throw new UsageError(`${option} is a number from 1 to ${most}, not ${text}.`);
  return number;
}

/** Prints each distance once all flows know it, and its names are there or have taken too long. */
function createPrinter(context: Context, names: ReverseNames, numeric: boolean) {
  let told = 0;
  let printing: Promise<void> = Promise.resolve();
  return {
    progress(flows: readonly FlowTrace[], show: boolean): void {
      const running = flows.filter((flow) => !flow.done);
      const furthest = Math.max(...flows.map((flow) => flow.decided));
      const known = running.length > 0 ? Math.min(...running.map((flow) => flow.decided)) : furthest;
      while (told < known) {
        const distance = ++told;
        const met = flows.map((flow) => (flow.decided >= distance ? flow.hop(distance) : undefined));
        if (!numeric) for (const hop of met) if (hop?.address) names.ask(hop.address);
        if (!show) continue;
        printing = printing
          .then(() => names.settle())
          .then(() => {
            for (const line of hopLines(distance, met, names.of, context.paint)) context.print(line);
          });
      }
    },
    async done(show: boolean): Promise<void> {
      if (show) await printing;
      else await names.settle();
    },
  };
}
