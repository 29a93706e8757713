# shellcheck shell=bash
# The pinned tools: found on the machine, or built once into the cache. A tool's folder in the cache is named by a hash
# of the files that pin it, so a change of version is a new folder, and two checkouts do not disturb each other. Each is
# built beside its place under a lock and then renamed into it: what is there is whole.

daprd_version=1.18.3
ghz_version=0.121.0
grpcurl_version=1.9.3

tools_dir=$root_dir/scripts/tools

# tool_key FOLDER: a hash of everything in the folder that decides what is built, and of the machine it is built for.
tool_key() {
  (cd "$tools_dir/$1" && find . -type f ! -name '*.md' | LC_ALL=C sort | xargs sha256sum && uname -sm) |
    sha256sum | cut -c 1-16
}

# find_built NAME: the program of that name that is built already, or nothing.
find_built() {
  local program
  program=$cache_dir/tools/$1/$(tool_key "$1")/$1
  if [[ -x $program ]]; then echo "$program"; fi
}

# built_tool FOLDER BUILDER TEXT: prints the tool's folder in the cache, after BUILDER has filled it if it is not there.
built_tool() {
  local folder=$1 builder=$2 text=$3 place log temporary
  place=$cache_dir/tools/$folder/$(tool_key "$folder")
  if [[ ! -d $place ]]; then
    mkdir -p "$cache_dir/tools/$folder"
    exec 8>"$place.lock"
    if ! flock -n 8; then
      say "another process is at work on this: $text; waiting for it"
      flock 8
    fi
    if [[ ! -d $place ]]; then
      # What an interrupted build left is nobody's now: the lock is ours.
      rm -rf "$cache_dir/tools/$folder/.new.$(basename "$place")".*
      temporary=$(mktemp -d "$cache_dir/tools/$folder/.new.$(basename "$place").XXXXXX")
      log=$cache_dir/tools/$folder/build.log
      if ! with_progress "$text" "$log" "$builder" "$tools_dir/$folder" "$temporary"; then
        rm -rf "$temporary"
        say "error: that failed: $text. The end of $log:"
        tail_of "$log"
        say "If the network or a registry was away, run it again: what was downloaded is kept. Behind a mirror, set GOPROXY"
        say "or Maven's settings.xml. Otherwise the lines above name the reason."
        exit 1
      fi
      chmod 755 "$temporary"
      mv -T "$temporary" "$place"
    fi
    exec 8>&-
  fi
  echo "$place"
}

# --- Go -------------------------------------------------------------------------------------------------------------

# require_go TOOL: a Go that can build it. From 1.21 on, Go fetches the toolchain that a go.mod asks for, if allowed to.
require_go() {
  local wanted
  wanted=$(sed -n 's/^go //p' "$tools_dir/$1/go.mod")
  command -v go >/dev/null ||
    die "Go is needed to build $1 (once). Install Go $wanted or later; Debian: apt install golang-go, which then fetches that version by itself if it is 1.21 or later"
  (cd "$tools_dir/$1" && go version >/dev/null 2>&1) ||
    die "$1 needs Go $wanted or later; found: $(cd / && go version). Install it, or let Go fetch it: GOTOOLCHAIN=auto"
}

# go_build SOURCE OUTPUT PACKAGE LDFLAGS: without cgo, so that no C compiler is needed and the binary runs anywhere.
go_build() {
  cd "$1" || return 1
  GOFLAGS=-mod=readonly GOWORK=off CGO_ENABLED=0 go build -trimpath -ldflags "-s -w $4" -o "$2" "$3"
}

build_daprd() {
  local info=github.com/dapr/dapr/pkg/buildinfo logger=github.com/dapr/kit/logger
  go_build "$1" "$2/daprd" . \
    "-X $info.version=$daprd_version -X $info.gitversion=learnflow -X $logger.DaprVersion=$daprd_version"
}

build_ghz() { go_build "$1" "$2/ghz" github.com/bojand/ghz/cmd/ghz "-X main.version=$ghz_version"; }

build_grpcurl() {
  go_build "$1" "$2/grpcurl" github.com/fullstorydev/grpcurl/cmd/grpcurl "-X main.version=$grpcurl_version"
}

# --- daprd ----------------------------------------------------------------------------------------------------------

# Before 1.16.14 there are holes and missing trace context, and 1.18.0 to 1.18.2 sometimes fail a delivery to a gRPC app
# (dapr/dapr#10335). 1.17 was not looked at.
daprd_is_good() {
  local version major minor patch
  version=$("$1" --version 2>/dev/null) || return 1
  [[ $version =~ ^v?([0-9]+)\.([0-9]+)\.([0-9]+)$ ]] || return 1
  major=${BASH_REMATCH[1]} minor=${BASH_REMATCH[2]} patch=${BASH_REMATCH[3]}
  ((major > 1 || major == 1 && (minor > 18 || minor == 18 && patch >= 3 || minor == 16 && patch >= 14)))
}

# find_daprd: one that is there already, without building, or nothing.
find_daprd() {
  local candidate
  if [[ -n ${LEARNFLOW_DAPRD:-} ]]; then
    [[ -x $LEARNFLOW_DAPRD ]] || die "LEARNFLOW_DAPRD names no program: $LEARNFLOW_DAPRD"
    echo "$LEARNFLOW_DAPRD"
    return
  fi
  if [[ ${LEARNFLOW_OWN_TOOLS:-} != 1 ]]; then
    for candidate in "$(command -v daprd || true)" "$HOME/.dapr/bin/daprd"; do
      if [[ -x $candidate ]] && daprd_is_good "$candidate"; then
        echo "$candidate"
        return
      fi
    done
  fi
  find_built daprd
}

get_daprd() {
  local found
  found=$(find_daprd)
  if [[ -z $found ]]; then
    require_go daprd
    found=$(built_tool daprd build_daprd "building daprd $daprd_version, which takes a few minutes, once")/daprd
  fi
  echo "$found"
}

# --- ghz, grpcurl ---------------------------------------------------------------------------------------------------

# find_go_tool NAME VERSION OVERRIDE: one that is there already, or nothing. From the PATH only the same version will do,
# so that numbers can be compared.
find_go_tool() {
  local name=$1 version=$2 override=$3 found
  if [[ -n $override ]]; then
    [[ -x $override ]] || die "not a program: $override"
    echo "$override"
    return
  fi
  found=$(command -v "$name" || true)
  if [[ -n $found && ${LEARNFLOW_OWN_TOOLS:-} != 1 ]] && "$found" --version 2>&1 | grep -qF "$version"; then
    echo "$found"
  else
    find_built "$name"
  fi
}

find_ghz() { find_go_tool ghz "$ghz_version" "${LEARNFLOW_GHZ:-}"; }
find_grpcurl() { find_go_tool grpcurl "$grpcurl_version" "${LEARNFLOW_GRPCURL:-}"; }

get_ghz() {
  local found
  found=$(find_ghz)
  if [[ -z $found ]]; then
    require_go ghz
    found=$(built_tool ghz build_ghz "building ghz $ghz_version, once")/ghz
  fi
  echo "$found"
}

get_grpcurl() {
  local found
  found=$(find_grpcurl)
  if [[ -z $found ]]; then
    require_go grpcurl
    found=$(built_tool grpcurl build_grpcurl "building grpcurl $grpcurl_version, once")/grpcurl
  fi
  echo "$found"
}

# --- Kafka ----------------------------------------------------------------------------------------------------------

require_java() {
  local major
  if ! command -v java >/dev/null || ! command -v javac >/dev/null; then
    die "A JDK, 17 or later, is needed to run Kafka. Debian: apt install openjdk-17-jdk-headless"
  fi
  major=$(java -version 2>&1 | sed -n 's/^[^"]*version "\([0-9]*\).*/\1/p')
  ((${major:-0} >= 17)) || die "Kafka 4.1 needs Java 17 or later; found ${major:-an unknown version}. Debian: apt install openjdk-17-jdk-headless"
}

require_maven() {
  command -v mvn >/dev/null || die "Maven is needed to fetch $1 (once). Debian: apt install maven"
}

# The jars, and beside them our helper that makes topics, compiled here so that using it does not cost a compilation.
build_kafka() {
  mvn --batch-mode --file "$1/pom.xml" dependency:copy-dependencies -DoutputDirectory="$2/jars" &&
    mkdir "$2/classes" && javac -cp "$2/jars/*" -d "$2/classes" "$1/KafkaHelper.java"
}

get_kafka() {
  local place
  place=$cache_dir/tools/kafka/$(tool_key kafka)
  if [[ ! -d $place ]]; then
    require_java
    require_maven Kafka
  fi
  built_tool kafka build_kafka "fetching Kafka (43 MB, once)"
}

# --- PostgreSQL -----------------------------------------------------------------------------------------------------

# Only where the machine has no PostgreSQL: small builds of the server, as a Maven artefact.
build_postgres() {
  local system jar
  case $(uname -m) in
    x86_64) system=linux-amd64 ;;
    aarch64) system=linux-arm64v8 ;;
    *) echo "no PostgreSQL build for $(uname -m)" && return 1 ;;
  esac
  mvn --batch-mode --file "$1/pom.xml" dependency:copy-dependencies -Dbinaries="embedded-postgres-binaries-$system" \
    -DoutputDirectory="$2/jars" || return 1
  jar=("$2"/jars/*.jar)
  # A jar is a zip; inside is one .txz.
  (cd "$2" && jar xf "${jar[0]}" && tar -xJf ./*.txz && rm -rf jars META-INF ./*.txz)
}

get_postgres() {
  local place
  place=$cache_dir/tools/postgres/$(tool_key postgres)
  if [[ ! -d $place ]]; then
    command -v mvn >/dev/null ||
      die "PostgreSQL 14 or later is needed. Debian: apt install postgresql (or, to have it fetched: apt install maven openjdk-17-jdk-headless)"
    require_java
    command -v xz >/dev/null || die "xz is needed to unpack PostgreSQL. Debian: apt install xz-utils"
  fi
  built_tool postgres build_postgres "fetching PostgreSQL (15 MB, once)"
}
