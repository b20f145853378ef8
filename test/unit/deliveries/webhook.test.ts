import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebhookChannel } from '../../../src/adapters/webhook/webhook-channel.js';
import { MessageRefused } from '../../../src/ports/messages.js';
import type { Message } from '../../../src/ports/messages.js';
import { WebServer } from './web-server.js';

const SECRET = 'a secret of twenty-four or more';
const NOW = Date.UTC(2026, 0, 1);
const MESSAGE: Message = {
  ...{ id: 'd1', kind: 'host-report', subject: '', text: '', short: 'Réunion' },
  ...{ json: { peak: 3 }, calendar: null },
};

let server: WebServer;
beforeEach(async () => {
  server = new WebServer();
  await server.start();
});
afterEach(() => server.stop());

const channel = (secret = SECRET, timeoutMs = 5_000): WebhookChannel =>
  new WebhookChannel({
    secret,
    timeoutMs,
    now: () => NOW,
    request: (url, { id, json, short }) => ({ url, body: { id, data: json, short } }),
  });

const failure = async (): Promise<unknown> =>
  channel()
    .send(server.url, MESSAGE)
    .catch((error: unknown) => error);

describe('a webhook', () => {
  it('posts JSON that the receiver can check by the secret, the time and the identifier', async () => {
    await channel().send(server.url, MESSAGE);
    const [posted] = server.posted;
    if (posted === undefined) throw new Error('nothing came');
    const { method, path, headers, body } = posted;
    expect([method, path, headers['content-type']]).toEqual(['POST', '/hook', 'application/json']);
    expect(JSON.parse(body)).toEqual({ id: 'd1', data: { peak: 3 }, short: 'Réunion' });
    expect(headers['webhook-id']).toBe('d1');
    expect(headers['webhook-timestamp']).toBe(String(NOW / 1000));
    const signed = `d1.${NOW / 1000}.${body}`;
    expect(headers['webhook-signature']).toBe(`v1,${createHmac('sha256', SECRET).update(signed).digest('base64')}`);
  });

  it('is signed by the bytes of a secret that is written in base64', async () => {
    const key = Buffer.alloc(32, 7);
    await channel(`whsec_${key.toString('base64')}`).send(server.url, MESSAGE);
    const [posted] = server.posted;
    const signed = `d1.${NOW / 1000}.${posted?.body ?? ''}`;
    const wanted = createHmac('sha256', key).update(signed).digest('base64');
    expect(posted?.headers['webhook-signature']).toBe(`v1,${wanted}`);
  });

  it.each([500, 503, 429, 408])('is tried again after %i', async (status) => {
    server.answer = (response) => response.writeHead(status).end();
    const error = await failure();
    expect(error).not.toBeInstanceOf(MessageRefused);
    expect(String(error)).toContain(`(HTTP ${status})`);
  });

  it.each([400, 401, 404, 410])('is given up after %i', async (status) => {
    server.answer = (response) => response.writeHead(status).end('{"secret": "of the receiver"}');
    expect(String(await failure())).toBe(`MessageRefused: the receiver refuses it (HTTP ${status})`);
  });

  it.each([301, 307])('follows no redirect (%i)', async (status) => {
    server.answer = (response) => response.writeHead(status, { location: server.url.replace('hook', 'other') }).end();
    expect(await failure()).toBeInstanceOf(MessageRefused);
    expect(server.posted.map(({ path }) => path)).toEqual(['/hook']);
  });

  it('does not read an answer without end', async () => {
    let written = 0;
    server.answer = (response) => {
      response.writeHead(200);
      const more = (): void => {
        written += 1;
        if (!response.destroyed && response.write(Buffer.alloc(16_384))) setImmediate(more);
      };
      response.on('drain', more);
      more();
    };
    await channel().send(server.url, MESSAGE);
    expect(written).toBeLessThan(1_000);
  });

  it('is tried again where the receiver does not answer, or is not there', async () => {
    server.answer = () => undefined;
    await expect(channel(SECRET, 50).send(server.url, MESSAGE)).rejects.toThrow('the receiver took too long');
    const { url } = server;
    await server.stop();
    await expect(channel().send(url, MESSAGE)).rejects.toThrow('the receiver cannot be reached (ECONNREFUSED)');
  });
});
