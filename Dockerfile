# Partyline: one image for the bridge (serve), the dialog owner (dialog-owner) and every other command.
# No secret and no configuration is in it: both come by volume (compose.yaml).
ARG NODE_IMAGE=node:20-bookworm-slim

FROM ${NODE_IMAGE} AS build
# better-sqlite3 is compiled
RUN apt-get update \
  && apt-get install -y --no-install-recommends g++ make python3 \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /opt/partyline
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build && npm prune --omit=dev

FROM ${NODE_IMAGE}
ENV NODE_ENV=production \
  PARTYLINE_CONFIG=/etc/partyline/partyline.json \
  PARTYLINE_HEALTH_URL=http://127.0.0.1:8060/healthz
# An empty volume takes over owner and mode of the directory it is mounted on.
RUN groupadd --gid 10001 partyline \
  && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin partyline \
  && install -d -o partyline -g partyline -m 700 /var/lib/partyline /var/lib/partyline-engine /var/lib/partyline-recordings /run/partyline /run/partyline-secrets \
  && printf '#!/bin/sh\nexec node /opt/partyline/dist/app/main.js "$@"\n' > /usr/local/bin/partyline \
  && chmod 755 /usr/local/bin/partyline
WORKDIR /opt/partyline
COPY package.json ./
COPY --from=build /opt/partyline/node_modules ./node_modules
COPY --from=build /opt/partyline/dist ./dist
COPY prompts ./prompts
COPY freeswitch-conf ./freeswitch-conf
USER 10001:10001
# Healthy is a bridge whose control thread answers; whether it takes calls says /readyz.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch(process.env.PARTYLINE_HEALTH_URL).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# Lets go of the calls, which the dialog owner keeps, until the next bridge takes them back.
STOPSIGNAL SIGUSR2
ENTRYPOINT ["partyline"]
CMD ["serve"]
