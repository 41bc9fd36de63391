// Answers one question by Mux's own library: is this webhook signed rightly, or what token would it sign?
const { default: Mux } = require("@mux/mux-node");

const answer = async ({ verify, header, secret, sign, type, key, privateKey }) => {
  const mux = new Mux({ tokenId: "unused", tokenSecret: "unused", jwtSigningKey: key, jwtPrivateKey: privateKey });
  if (sign) return { token: await mux.jwt.signPlaybackId(sign, { type, expiration: "10m" }) };
  try {
    await mux.webhooks.verifySignature(verify, { "mux-signature": header }, secret);
    return { accepted: true };
  } catch (error) {
    return { accepted: false, why: error.message };
  }
};

let asked = "";
process.stdin.on("data", (chunk) => { asked += chunk; });
process.stdin.on("end", async () => process.stdout.write(JSON.stringify(await answer(JSON.parse(asked)))));
