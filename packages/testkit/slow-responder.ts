/**
 * Answers late, twice or not at all: `node slow-responder.ts '{"10.99.7.1":[700],"10.99.7.2":[1,2]}'`. Each
 * number is one reply, that many milliseconds later.
 */
import { answerEchoes } from './answer-echoes.ts';

const delaysByAddress = new Map<string, number[]>(Object.entries(JSON.parse(process.argv[2] ?? '{}')));
answerEchoes((address) => delaysByAddress.get(address.join('.')) ?? []);
