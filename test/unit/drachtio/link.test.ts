import { afterEach, expect, it } from 'vitest';
import { DrachtioSignaling } from '../../../src/adapters/drachtio/signaling.js';
import { NotingListener } from '../../conformance/signaling-listener.js';
import { FakeDrachtioServer } from './fake-server.js';

const under: { server: FakeDrachtioServer; signaling: DrachtioSignaling }[] = [];

const connect = async (pongs: boolean) => {
  const server = await FakeDrachtioServer.start(pongs);
  const signaling = new DrachtioSignaling({ host: '127.0.0.1', port: server.port, secret: 'between us' });
  under.push({ server, signaling });
  const listener = new NotingListener();
  await signaling.start(listener);
  return { server, signaling, listener };
};

afterEach(async () => {
  for (const { server, signaling } of under.splice(0)) {
    await signaling.stop();
    await server.stop();
  }
});

/** It has read which requests we want: until then it refuses them with 503. */
const READ = ['authenticate', 'route|invite', 'route|options'];

it('is started when drachtio-server has read which requests we want, and so after every cut', async () => {
  const { server, signaling, listener } = await connect(true);
  expect(server.told).toEqual(expect.arrayContaining(READ));
  expect(server.told.at(-1)).toBe('ping');
  expect(signaling.listening()).toEqual(['udp:127.0.0.1:5060']);

  server.told.length = 0;
  server.cut();
  await listener.hearsTrouble(/^connected to drachtio-server again$/);
  expect(server.told).toEqual(expect.arrayContaining(READ));
  expect(server.told.at(-1)).toBe('ping');
  expect(signaling.status().healthy).toBe(true);
});

it('is started all the same where drachtio-server is too old for pings', async () => {
  const { server, signaling } = await connect(false);
  expect(server.told).toEqual(expect.arrayContaining(READ));
  expect(signaling.status().healthy).toBe(true);
});

it('goes on to connect where the connection is cut before that is known', async () => {
  const server = await FakeDrachtioServer.start(false);
  const signaling = new DrachtioSignaling({ host: '127.0.0.1', port: server.port, secret: 'between us' });
  under.push({ server, signaling });
  const starting = signaling.start(new NotingListener());
  await server.hears('ping');
  server.cut();
  await starting;
  expect(server.told.filter((told) => told === 'ping')).toHaveLength(2);
});
