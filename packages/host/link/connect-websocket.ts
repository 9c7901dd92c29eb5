/**
 * The link's WebSocket, agent's side. The certificate is not looked at: a self-hosted server has one of
 * its own making, and the agent trusts the server's Ed25519 key instead, over a transcript that holds
 * this connection's channel binding (RFC 9266). That is sound for TLS 1.3 only, so nothing less is spoken.
 */
import type { TLSSocket } from 'node:tls';
import type { Cancel } from '@maille/base/clock';
import { LINK_SUBPROTOCOL, MAX_LINK_FRAME_BYTES } from '@maille/wire/link/messages';
import { WebSocket } from 'ws';

interface Transport {
  readonly channelBinding: string;
  sendText(text: string): void;
  sendBinary(bytes: Uint8Array): void;
  bufferedBytes(): number;
  ping(): void;
  close(code: number, reason: string): void;
}

interface Connection {
  opened(transport: Transport): void;
  text(text: string): void;
  heard(): void;
  closed(code: number, reason: string): void;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** A peer that does not answer a close is cut off. */
const CLOSE_TIMEOUT_MS = 2_000;
/** No close frame came: the connection broke (RFC 6455, 7.1.5). */
const ABNORMAL = 1006;

export function exportChannelBinding(socket: TLSSocket): string {
  return socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0)).toString('base64url');
}

/** Connects; the result ends it. `closed` is called exactly once. */
export function connectWebSocket(url: string, connection: Connection): Cancel {
  let failure = '';
  let over = false;
  const close = (code: number, reason: string) => {
    if (over) return;
    over = true;
    connection.closed(code, reason);
  };

  let socket: WebSocket;
  try {
    if (!url.startsWith('wss://')) throw new Error('the link is spoken over wss:// only');
    socket = new WebSocket(url, LINK_SUBPROTOCOL, {
      rejectUnauthorized: false,
      minVersion: 'TLSv1.3',
      handshakeTimeout: CONNECT_TIMEOUT_MS,
      maxPayload: MAX_LINK_FRAME_BYTES,
      perMessageDeflate: false,
      followRedirects: false,
      closeTimeout: CLOSE_TIMEOUT_MS,
    } as ConstructorParameters<typeof WebSocket>[2]);
  } catch (error) {
    queueMicrotask(() => close(ABNORMAL, error instanceof Error ? error.message : String(error)));
    return () => {
      over = true;
    };
  }

  let tls: TLSSocket | undefined;
  socket.on('upgrade', (response) => {
    tls = response.socket as TLSSocket;
  });
  socket.on('open', () => {
    if (!tls) return socket.terminate();
    tls.setNoDelay(true);
    connection.opened({
      channelBinding: exportChannelBinding(tls),
      sendText: (text) => socket.readyState === WebSocket.OPEN && socket.send(text),
      sendBinary: (bytes) => socket.readyState === WebSocket.OPEN && socket.send(bytes),
      bufferedBytes: () => socket.bufferedAmount,
      ping: () => socket.readyState === WebSocket.OPEN && socket.ping(),
      close: (code, reason) => socket.close(code, reason),
    });
  });
  socket.on('message', (data, isBinary) => {
    connection.heard();
    // The server sends no binary frames.
    if (!isBinary) connection.text(data.toString());
  });
  socket.on('ping', () => connection.heard());
  socket.on('pong', () => connection.heard());
  socket.on('error', (error) => {
    failure = error.message;
  });
  socket.on('close', (code, reason) => close(code, reason.toString() || failure));

  return () => {
    over = true;
    if (socket.readyState === WebSocket.OPEN) socket.close(1000);
    else socket.terminate();
  };
}
