import {
  type PresenceCounters,
  type RefusalReason,
  refusalReasons,
} from '@maille/wire/presence/presence-port';

export function createCounters(): PresenceCounters {
  const refused = Object.fromEntries(refusalReasons.map((reason) => [reason, 0]));
  return {
    received: 0,
    accepted: 0,
    sent: 0,
    signatureChecks: 0,
    refused: refused as Record<RefusalReason, number>,
  };
}
