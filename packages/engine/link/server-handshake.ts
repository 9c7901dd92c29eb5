/** The server's side of the opening: one hello, one proof, then it is known who speaks. */
import { fromBase64Url, toBase64Url } from '@maille/base/bytes';
import type { Identity, IdentityVerifier } from '@maille/base/identity';
import { Problem } from '@maille/base/problem';
import {
  HelloParams,
  type HelloResult,
  LINK_VERSION,
  type MachineFacts,
  ProveParams,
} from '@maille/wire/link/messages';
import { checker } from '@maille/wire/schema';
import { linkTranscript } from './transcript.ts';
import { updateRemedy } from './update-remedy.ts';

const helloParams = checker(HelloParams);
const proveParams = checker(ProveParams);

export interface ServerHandshakeOptions {
  identity: Identity;
  verifier: IdentityVerifier;
  channelBinding: string;
  nonce: string;
  /** Somebody, of whom nothing is known yet, speaks a version that is not ours. */
  onOtherVersion?(version: number): void;
}

export interface ProvenAgent {
  agentId: string;
  publicKey: string;
  facts: MachineFacts;
  token?: string;
}

export interface ServerHandshake {
  /** Throws a Problem when the hello is wrong or is not the first. */
  hello(params: unknown): HelloResult;
  /** Who has proved its key, and what came with the proof. Throws a Problem `forbidden` on a wrong one. */
  prove(params: unknown): ProvenAgent;
}

export function createServerHandshake(options: ServerHandshakeOptions): ServerHandshake {
  const { identity, verifier, channelBinding, nonce } = options;
  let hello: HelloParams | undefined;
  let proofTried = false;

  const parts = (from: HelloParams) => ({
    agentId: from.agentId,
    serverId: identity.id,
    agentNonce: from.nonce,
    serverNonce: nonce,
    channelBinding,
  });

  return {
    hello(params) {
      if (hello) throw new Problem('conflict', 'hello was said already');
      const said = helloParams.check(params, 'hello');
      if (said.version !== LINK_VERSION) {
        options.onOtherVersion?.(said.version);
        throw new Problem(
          'unsupported',
          `This server speaks version ${LINK_VERSION} of the link, the agent ${said.version}.`,
          { remedy: updateRemedy(LINK_VERSION, said.version) },
        );
      }
      if (verifier.idOf(said.publicKey) !== said.agentId)
        throw new Problem('forbidden', 'The key is not the one of the id.');
      hello = said;
      return {
        version: LINK_VERSION,
        serverId: identity.id,
        publicKey: identity.publicKey,
        nonce,
        signature: toBase64Url(identity.sign(linkTranscript('server', parts(said)))),
      };
    },
    prove(params) {
      if (!hello) throw new Problem('conflict', 'hello comes before prove');
      // One try a connection: a second would let a stranger guess for the price of one handshake.
      if (proofTried) throw new Problem('conflict', 'prove was said already');
      proofTried = true;
      const proof = proveParams.check(params, 'prove');
      const signature = fromBase64Url(proof.signature);
      if (!signature || !verifier.verify(hello.publicKey, linkTranscript('agent', parts(hello)), signature))
        throw new Problem('forbidden', 'The proof does not fit this connection.');
      const { agentId, publicKey } = hello;
      const { facts, token } = proof;
      return { agentId, publicKey, facts, ...(token === undefined ? {} : { token }) };
    },
  };
}
