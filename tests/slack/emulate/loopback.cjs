// It listens on every address of the machine: what is loaded before it lets it listen on loopback alone.
const { Server } = require("node:net");
const listen = Server.prototype.listen;

Server.prototype.listen = function (port, ...rest) {
  return listen.call(this, port, "127.0.0.1", rest.find((each) => typeof each === "function"));
};
