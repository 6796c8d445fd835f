# Debian, not Alpine: Temporal's native core is built for glibc only.
FROM node:24-bookworm-slim AS base
WORKDIR /app
COPY package.json package-lock.json .npmrc ./

FROM base AS build
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY scripts ./scripts
COPY src ./src
RUN npm run build

FROM base AS dependencies
# The package of Temporal's core has the binaries of all five platforms, 25 to 30 MB each: keep this one's.
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev --ignore-scripts \
  && find node_modules/@temporalio/core-bridge/releases -mindepth 1 -maxdepth 1 -type d \
    ! -name "$(uname -m)-unknown-linux-gnu" -exec rm -rf {} + \
  && node -e "import('@temporalio/worker').then(({ Runtime }) => Runtime.instance())"

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY package.json ./
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
# A volume that is mounted here gets its owner when it is first used.
RUN install -d -o node -g node /var/lib/holdfast/files
USER node
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "--enable-source-maps", "dist/cli/main.js"]
CMD ["worker"]
