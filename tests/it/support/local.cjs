// Servers that listen on every interface listen on this host alone: node --require local.cjs server.js
const net = require('net');
const listen = net.Server.prototype._listen2;
const everywhere = [null, undefined, '::', '0.0.0.0'];
net.Server.prototype._listen2 = function (address, port, type, ...rest) {
  if (port >= 0 && everywhere.includes(address)) {
    return listen.call(this, '127.0.0.1', port, 4, ...rest);
  }
  return listen.call(this, address, port, type, ...rest);
};
