# Shared by scripts/start and scripts/test: what both need before they can run.
# shellcheck shell=bash

say() { printf '%s\n' "$*" >&2; }
die() { say "partyline: $*"; exit 1; }

# Node 20 or newer, npm, and what better-sqlite3 is compiled with.
need_tools() {
  command -v node >/dev/null || die 'Node.js 20 or newer is needed'
  local major
  major=$(node -p 'process.versions.node.split(".")[0]')
  [ "$major" -ge 20 ] || die "Node.js 20 or newer is needed, this is $(node --version)"
  command -v npm >/dev/null || die 'npm is needed; it comes with Node.js'
  for tool in g++ make python3; do
    command -v "$tool" >/dev/null || die "$tool is needed to compile better-sqlite3 (Debian: apt-get install g++ make python3)"
  done
}

# npm packages exactly as locked; again only when the lock changed.
install_packages() {
  local stamp=node_modules/.partyline-lock
  if [ -f "$stamp" ] && cmp -s package-lock.json "$stamp"; then return 0; fi
  say 'Installing packages (the first time this compiles better-sqlite3, 1 to 2 minutes) ...'
  local attempt log
  log=$(mktemp)
  for attempt in 1 2 3; do
    if npm ci --no-progress --loglevel=error >"$log" 2>&1; then
      rm -f "$log"
      cp package-lock.json "$stamp"
      return 0
    fi
    say "npm ci failed (try $attempt of 3)"
    # the lock file does not fit: no other try will be better
    grep -q EUSAGE "$log" && break
    [ "$attempt" = 3 ] || sleep $((attempt * 5))
  done
  grep -v '^npm error *$' "$log" | head -n 30 >&2
  rm -f "$log"
  die 'npm could not install the packages; see above'
}

# Compiles when a source is newer than the last build.
build() {
  if [ -f dist/.built ] && [ -z "$(find src package-lock.json tsconfig.json tsconfig.build.json -newer dist/.built -print -quit)" ]; then return 0; fi
  say 'Building ...'
  rm -rf dist
  npm run --silent build || die 'the build failed; see above'
  touch dist/.built
}
