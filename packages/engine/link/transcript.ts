/**
 * What both sides sign. It holds both ids, both nonces and the TLS channel binding, so that a proof is
 * good for one role on one connection only: neither a replay nor a relay that ends TLS in the middle
 * has any use for it.
 */
import { LINK_SUBPROTOCOL } from '@maille/wire/link/messages';

export interface TranscriptParts {
  agentId: string;
  serverId: string;
  agentNonce: string;
  serverNonce: string;
  /** RFC 9266 tls-exporter, 32 bytes, base64url. */
  channelBinding: string;
}

export function linkTranscript(role: 'agent' | 'server', parts: TranscriptParts): Uint8Array {
  return new TextEncoder().encode(
    [
      LINK_SUBPROTOCOL,
      role,
      parts.agentId,
      parts.serverId,
      parts.agentNonce,
      parts.serverNonce,
      parts.channelBinding,
    ].join('\n'),
  );
}
