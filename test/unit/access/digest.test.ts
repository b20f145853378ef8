import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { answerChallenge, chooseChallenge, type DigestHash } from '../../../src/domain/access/digest.js';

const hash: DigestHash = (algorithm, text) =>
  createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
    .update(text)
    .digest('hex');

const responseOf = (authorization: string): string | undefined => /response="([0-9a-f]+)"/.exec(authorization)?.[1];

describe('an answer to a digest challenge', () => {
  const credentials = { username: 'Mufasa', password: 'Circle of Life' };
  const request = { method: 'GET', uri: '/dir/index.html' };
  const cnonce = 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ';
  const rest =
    'realm="http-auth@example.org", qop="auth, auth-int", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"';

  // RFC 7616 section 3.9.1.
  it.each([
    ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
    ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
  ])('is that of RFC 7616 for %s', (algorithm, response) => {
    const challenge = chooseChallenge([`Digest ${rest}, algorithm=${algorithm}`]);
    if (challenge === null) throw new Error('not understood');
    const answer = answerChallenge(challenge, request, credentials, cnonce, hash);
    expect(responseOf(answer)).toBe(response);
    expect(answer).toMatch(/^Digest username="Mufasa", realm="http-auth@example.org", /);
    expect(answer).toContain(`algorithm=${algorithm}, cnonce="${cnonce}", qop=auth, nc=00000001, opaque="FQhe/`);
  });

  it('is the older form where the challenge has no qop (RFC 2617 section 3.2.2.1)', () => {
    const challenge = chooseChallenge([
      'Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"',
    ]);
    if (challenge === null) throw new Error('not understood');
    const answer = answerChallenge(challenge, request, { ...credentials, password: 'Circle Of Life' }, cnonce, hash);
    // The value for this form that RFC 2069's erratum gives.
    expect(responseOf(answer)).toBe('670fd8c2df070c60b045671b8b24ff02');
    expect(answer).not.toMatch(/algorithm|qop|nc=|opaque/);
  });

  it('takes the first challenge it can answer, in one header or several', () => {
    const unknown = 'Digest realm="a", nonce="1", algorithm=SHA-512-256';
    const sha = 'DIGEST realm="b", nonce="2", algorithm=SHA-256, qop="auth"';
    const md5 = 'Digest realm="c", nonce="3"';
    expect(chooseChallenge([unknown, sha, md5])).toMatchObject({ realm: 'b', algorithm: 'SHA-256', qop: 'auth' });
    expect(chooseChallenge([`${unknown}, ${md5}, ${sha}`])).toMatchObject({
      realm: 'c',
      algorithm: 'MD5',
      qop: 'none',
    });
    expect(chooseChallenge([`Basic realm="x", ${md5}`])).toMatchObject({ realm: 'c' });
  });

  it('passes over empty elements, and is quick over blanks without end', () => {
    expect(chooseChallenge(['Digest ,, realm="a", , nonce="1",,algorithm=SHA-256,'])).toMatchObject({
      realm: 'a',
      nonce: '1',
      algorithm: 'SHA-256',
    });
    // of the processor, not of the clock: others may have it meanwhile
    const before = process.cpuUsage();
    for (let repeated = 0; repeated < 20; repeated += 1) chooseChallenge([`Digest realm="a"${' '.repeat(4_000)}?`]);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1_000).toBeLessThan(500);
  });

  it('keeps what is quoted as it was', () => {
    const challenge = chooseChallenge(['Digest realm="say \\"hi\\", you", nonce="a,b=c"']);
    expect(challenge).toMatchObject({ realm: 'say "hi", you', nonce: 'a,b=c' });
    if (challenge === null) throw new Error('not understood');
    expect(answerChallenge(challenge, request, credentials, cnonce, hash)).toContain('realm="say \\"hi\\", you"');
  });

  it.each([
    ['', 'nothing'],
    ['Basic realm="x"', 'another scheme'],
    ['Digest realm="x"', 'no nonce'],
    ['Digest nonce="x"', 'no realm'],
    ['Digest realm="x", nonce="y", qop="auth-int"', 'only auth-int'],
    ['Digest realm="x", nonce="y", algorithm=MD5-sess', 'another algorithm'],
    ['Digest realm="x", nonce="y', 'an open quote'],
  ])('is not made for %j: %s', (header) => {
    expect(chooseChallenge([header])).toBeNull();
  });
});
