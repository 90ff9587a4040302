// The MQTT connection over WebSocket (player/link.py): QoS 1, a session that outlives connections, a will, full jitter.
// A client lives for one connection; MQTT 5 where the broker has it, else 3.1.1 (NATS refuses 5).

import mqtt from "./vendor/mqtt/dist/mqtt.esm.js";
import { Backoff } from "./pace.js";
import { ALL_REVOCATION, ALL_TRUST, from, to } from "./topics.js";

const SESSION_S = 7 * 24 * 3600;
const KEEPALIVE_S = 30;
const CONNECT_MS = 10000;
const QUEUED_RESULTS = 100;
const FAREWELL_MS = 1000;

export class Link {
  // `heard` gets topic and bytes of each message, and nothing at all when a connection stands.
  constructor(paired, boot, nowMs, heard) {
    Object.assign(this, { paired, boot, nowMs, heard });
    this.moved = async (known) => known; // asked where the broker is, when it is not there
    Object.assign(this, { client: null, connected: false, version: 5, settled: false });
    Object.assign(this, { state: null, stateNew: false, results: [] });
  }

  // For ever: one connection after the other. Without an address of the broker, orders come by HTTP alone.
  async follow() {
    const backoff = new Backoff(2, 120);
    for (;;) {
      if (this.paired.broker_url && (await this.session())) backoff.success();
      else this.paired = await this.moved(this.paired);
      await new Promise((done) => setTimeout(done, backoff.failure() * 1000));
    }
  }

  // Only the latest state counts; it goes out now or when the broker is back.
  sayState(state) {
    Object.assign(this, { state: JSON.stringify(state), stateNew: true });
    this.write();
  }

  sayResult(result) {
    this.results = [...this.results.slice(-QUEUED_RESULTS + 1), JSON.stringify(result)];
    this.write();
  }

  // One connection from beginning to end. Whether it ever stood.
  session() {
    let stood = false;
    const client = mqtt.connect(this.paired.broker_url, this.options());
    this.client = client;
    client.on("connect", () => {
      stood = this.connected = true;
      this.begin(client);
    });
    client.on("message", (topic, payload) => this.heard(topic, payload));
    return new Promise((over) => {
      const finish = () => {
        client.off("close", finish).off("end", finish);
        client.end(true);
        this.connected = false;
        this.tryOtherVersion(stood);
        over(stood);
      };
      client.on("error", () => client.end(true)).on("close", finish).on("end", finish); // whichever comes
    });
  }

  // Until a broker was reached once, its language is not known: try both in turn.
  tryOtherVersion(stood) {
    this.settled ||= stood;
    if (!this.settled) this.version = this.version === 5 ? 4 : 5;
  }

  options() {
    const { screen, username, password } = this.paired;
    return {
      ...{ clientId: screen, username: username || screen, password, clean: false, keepalive: KEEPALIVE_S },
      ...{ protocolVersion: this.version, connectTimeout: CONNECT_MS, reconnectPeriod: 0, resubscribe: false },
      ...(this.version === 5 ? { properties: { sessionExpiryInterval: SESSION_S } } : {}),
      timerVariant: "native", // its own timers live in a worker made from text, which our policy forbids
      will: { topic: from(screen, "presence"), payload: this.presence(false), qos: 1, retain: true },
    };
  }

  presence = (online) => JSON.stringify({ format: 1, online, boot: this.boot, at: this.nowMs() });

  begin(client) {
    const { screen } = this.paired;
    client.subscribe([to(screen, "#"), ALL_TRUST, ALL_REVOCATION], { qos: 1 });
    client.publish(from(screen, "presence"), this.presence(true), { qos: 1, retain: true });
    this.stateNew = this.state !== null;
    this.heard();
    this.write();
  }

  write() {
    if (!this.connected) return;
    const { screen } = this.paired;
    if (this.stateNew) this.client.publish(from(screen, "state"), this.state, { qos: 1, retain: true });
    this.stateNew = false;
    for (const result of this.results.splice(0)) {
      this.client.publish(from(screen, "result"), result, { qos: 1 }, (error) => error && this.results.push(result));
    }
  }

  // An orderly end sends no will, so absence is said first; a disconnect right behind would lose it.
  async farewell() {
    if (!this.connected) return;
    const said = this.client.publishAsync(from(this.paired.screen, "presence"), this.presence(false), { qos: 1, retain: true });
    await Promise.race([said, new Promise((done) => setTimeout(done, FAREWELL_MS))]);
  }
}
