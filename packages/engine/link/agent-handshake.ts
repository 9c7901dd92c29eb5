/** The agent's side of the opening: say hello, make sure of the server, prove oneself; in this order. */
import { fromBase64Url, toBase64Url } from '@maille/base/bytes';
import type { Identity, IdentityVerifier } from '@maille/base/identity';
import { Problem } from '@maille/base/problem';
import {
  type HelloParams,
  HelloResult,
  LINK_VERSION,
  type MachineFacts,
  type ProveParams,
} from '@maille/wire/link/messages';
import { checker } from '@maille/wire/schema';
import { linkTranscript } from './transcript.ts';
import { updateRemedy } from './update-remedy.ts';

const helloResult = checker(HelloResult);

export interface AgentHandshakeOptions {
  identity: Identity;
  verifier: IdentityVerifier;
  /** The only server that this agent talks to; undefined: whoever proves a key first. */
  pinnedServerId: string | undefined;
  channelBinding: string;
  nonce: string;
}

export interface AgentHandshake {
  hello(): HelloParams;
  /** Throws a Problem `forbidden` when the server is not who it must be: then nothing more may be said to it. */
  prove(result: unknown, facts: MachineFacts, token?: string): { serverId: string; params: ProveParams };
}

export function createAgentHandshake(options: AgentHandshakeOptions): AgentHandshake {
  const { identity, verifier, pinnedServerId, channelBinding, nonce } = options;
  return {
    hello() {
      return {
        version: LINK_VERSION,
        agentId: identity.id,
        publicKey: identity.publicKey,
        nonce,
      };
    },
    prove(result, facts, token) {
      const hello = helloResult.check(result, "the server's hello");
      if (hello.version !== LINK_VERSION)
        throw new Problem(
          'unsupported',
          `The server speaks version ${hello.version} of the link, this agent ${LINK_VERSION}.`,
          { remedy: updateRemedy(hello.version, LINK_VERSION) },
        );
      if (verifier.idOf(hello.publicKey) !== hello.serverId)
        throw new Problem('forbidden', 'The server shows a key that is not the one of its id.');
      if (pinnedServerId !== undefined && hello.serverId !== pinnedServerId)
        throw new Problem(
          'forbidden',
          `This is server ${hello.serverId}; this agent trusts ${pinnedServerId} only.`,
          { remedy: 'If the server was set up anew, join again with its new fingerprint.' },
        );
      const parts = {
        agentId: identity.id,
        serverId: hello.serverId,
        agentNonce: nonce,
        serverNonce: hello.nonce,
        channelBinding,
      };
      const signature = fromBase64Url(hello.signature);
      if (!signature || !verifier.verify(hello.publicKey, linkTranscript('server', parts), signature))
        throw new Problem(
          'forbidden',
          'The server has not proved its key on this connection: somebody may stand in between.',
          { remedy: 'The link must reach the server without a proxy that ends TLS.' },
        );
      return {
        serverId: hello.serverId,
        params: {
          signature: toBase64Url(identity.sign(linkTranscript('agent', parts))),
          facts,
          ...(token === undefined ? {} : { token }),
        },
      };
    },
  };
}
