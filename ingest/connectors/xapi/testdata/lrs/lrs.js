// Runs Learning Locker's xAPI store with repositories in memory on a free port of the
// loopback interface, and prints the port. It ends when its input does. The one
// argument is a folder for its access logs.
const net = require('net');
const logs = process.argv[2];
Object.assign(process.env, { WINSTON_CONSOLE_LEVEL: 'error', EXPRESS_MORGAN_DIRECTORY: logs, SERVICE_AWAIT_UPDATES: 'true' });

const dist = '@learninglocker/xapi-statements/dist/';
const repo = require(dist + 'repo/factory').default({
  auth: { facade: 'test', fake: {} },
  events: { facade: 'test' },
  models: { facade: 'memory', memory: { state: { fullActivities: [], statements: [] } } },
  storage: { facade: 'local', local: { storageDir: logs } },
});
// Its own repo/index connects to MongoDB and Redis whatever is configured.
const index = require.resolve(dist + 'repo/index');
require.cache[index] = { id: index, filename: index, loaded: true, exports: { default: repo } };

const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (_, ready) {
  return listen.call(this, { port: 0, host: '127.0.0.1' }, () => {
    console.log('port ' + this.address().port);
    ready();
  });
};
process.stdin.on('end', () => process.exit(0)).resume();
require(dist + 'server');
