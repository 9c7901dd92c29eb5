import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { findPortHolder } from './port-holder.ts';

for (const host of ['127.0.0.1', '::1']) {
  test(`a port that this process listens on at ${host} is held by this process`, async (t) => {
    const server = createServer().listen(0, host);
    await once(server, 'listening');
    t.after(() => server.close());
    const { port } = server.address() as AddressInfo;
    assert.equal(findPortHolder(port)?.pid, process.pid);
    server.close();
    await once(server, 'close');
    assert.equal(findPortHolder(port), undefined);
  });
}
