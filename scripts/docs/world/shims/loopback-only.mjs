// A module that is loaded into every Node.js process of a demo world. Only the names of this machine can be resolved,
// so that no other host is contacted. When the process listens, creates the file that SWITCHYARD_DOCS_LISTENING names.
import dns from 'node:dns';
import { writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';

const isHere = (name) => net.isIP(name) !== 0 || name === 'localhost' || name.endsWith('.localhost');
const refusal = (name) =>
  Object.assign(new Error(`${name} was not looked up: tests of pages reach only this machine`), {
    code: 'ENOTFOUND',
    hostname: name,
  });

const { lookup } = dns;
dns.lookup = (name, ...rest) => {
  if (!name || isHere(name)) return lookup(name, ...rest);
  queueMicrotask(() => rest.at(-1)(refusal(name)));
  return {};
};
const { lookup: promised } = dns.promises;
dns.promises.lookup = async (name, ...rest) => {
  if (!isHere(name)) throw refusal(name);
  return promised(name, ...rest);
};

const listening = process.env.SWITCHYARD_DOCS_LISTENING;
if (listening) {
  const { listen } = net.Server.prototype;
  net.Server.prototype.listen = function (...args) {
    this.once('listening', () => writeFileSync(listening, ''));
    return listen.apply(this, args);
  };
}
syncBuiltinESMExports();
