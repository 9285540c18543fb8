#!/usr/bin/env bash
# Installs mien as a service on a Raspberry Pi or a Debian PC; `install.sh --help` says how.
#
# Everything is checked before anything is changed. Every step can be repeated, so a run that was interrupted is
# simply run again. A version is built beside the others and only then switched to:
#
#   /opt/mien/versions/VERSION-HASH/   an environment, with the unit and the udev rule that go with it
#   /opt/mien/current, previous        the version that runs, and the last one before it that was seen to work
#   /etc/mien/                         mien.toml and the broker's password; kept on upgrade
#   /var/lib/mien/                     the privacy switch's position; removed with the service
#   /usr/local/bin/mien                the command
set -euo pipefail
umask 022

readonly HOME_DIR=/opt/mien VERSIONS=/opt/mien/versions CONFIG_DIR=/etc/mien STATE_DIR=/var/lib/mien
readonly CONFIG=$CONFIG_DIR/mien.toml PASSWORD=$CONFIG_DIR/mqtt-password
readonly UNIT=/etc/systemd/system/mien.service RULES=/etc/udev/rules.d/60-mien.rules COMMAND=/usr/local/bin/mien
readonly APEX_DROP_IN=$UNIT.d/10-apex.conf
readonly BROKER_CONFIG=/etc/mosquitto/conf.d/mien.conf BROKER_ACL=/etc/mosquitto/mien.acl
readonly BROKER_LOGINS=/etc/mosquitto/mien.passwd BROKER_READER=mien-reader
# The lock is on a folder that is there anyway, so that no file of it is left.
readonly LOCK=/etc/systemd/system LOG=/run/mien-install.log
readonly NEEDED_MB=800     # an environment takes some 450 MB, and the packages are unpacked beside it
readonly START_WITHIN_S=180 # a Zero 2 W takes its time to load OpenCV from a slow card
readonly SETTLE_S=6        # a version that falls over does so by then
# Where the facts about the system are read; tests put another system's here. Nothing is ever written below it.
readonly FACTS=${MIEN_SYSTEM_ROOT:-}

# A checkout, or where an installed wheel keeps these files; then --wheel is what is installed.
checkout=$(cd "$(dirname "$(readlink -f "$0")")/.." && pwd)
action=install
broker="" broker_port="" mqtt_user="" password_file="" device_id="" camera="" site="" basis="" wheel=""
with_broker="" home_assistant="" dry_run="" purge=""
site_packages="" codename="" packages=()

usage() {
  cat <<'END'
usage: sudo systemd/install.sh [OPTIONS]

Installs mien as a service and starts it; upgrades an installed one. It never asks: every choice is an option.
Options that are left out keep what an installed mien has, else the default.

  --broker HOST              the MQTT broker's name or address (default: localhost)
  --broker-port PORT         its TCP port (default: 1883)
  --mqtt-user NAME           name for the broker (default: none)
  --mqtt-password-file FILE  file whose first line is the password; it is copied to /etc/mien/mqtt-password
  --device-id ID             names this device in topics (default: the host's name)
  --site SITE                where it stands: home, research, exhibition, medical, safety or other (default: home); work
                             and education need --basis: there the EU prohibits to infer emotions without one
  --basis REASON             the medical or safety reason, which is then published: "medical: …" or "safety: …"
  --camera CAMERA            auto, picamera2, v4l2:NUMBER or file:PATH (default: auto)
  --home-assistant           let Home Assistant find this device, over that broker
  --wheel FILE               install this wheel of mien instead of a checkout (mien service install gives its own)
  --with-broker              install mosquitto on this device, with logins of its own, and print them
  --dry-run                  check everything, say what would be done, change nothing; needs no root
  --uninstall                remove all but the configuration; with --purge, that too
  --purge                    with --uninstall: remove /etc/mien and the broker's settings as well
  --help                     show this

Exit status: 0 done, 1 failed with one line saying why, 2 wrong usage.
END
}

say() { printf 'mien: %s\n' "$*"; }

die() {
  printf 'install.sh: %s\n' "$*" >&2
  exit 1
}

wrong_usage() {
  printf 'install.sh: %s; see --help\n' "$*" >&2
  exit 2
}

# Announce a step; false in a dry run, so that `step … || return 0` leaves the rest of a function out.
step() {
  if [ -n "$dry_run" ]; then
    say "dry run: $*"
    return 1
  fi
  say "$*"
}

# Run a command whose output matters only where it fails.
quietly() {
  printf '\n$ %s\n' "$*" >>"$LOG"
  "$@" >>"$LOG" 2>&1 && return
  tail -n 25 "$LOG" >&2
  die "\"$*\" failed, see above and $LOG; run this again once it is mended"
}

# ── options ──────────────────────────────────────────────────────────────────────────────────────────────

parse_options() {
  local option value
  while [ $# -gt 0 ]; do
    option=$1
    shift
    case $option in
      --with-broker) with_broker=yes; continue ;;
      --home-assistant) home_assistant=yes; continue ;;
      --dry-run) dry_run=yes; continue ;;
      --uninstall) action=uninstall; continue ;;
      --purge) purge=yes; continue ;;
      --help | -h) usage; exit 0 ;;
      --*=*) value=${option#*=} option=${option%%=*} ;;
      --broker | --broker-port | --mqtt-user | --mqtt-password-file | --device-id | --camera | --site | --basis | --wheel)
        [ $# -gt 0 ] || wrong_usage "$option needs a value"
        value=$1
        shift
        ;;
      *) wrong_usage "$option is an unknown option" ;;
    esac
    [[ -n $value && $value != *[[:cntrl:]]* ]] || wrong_usage "$option is empty or no plain text"
    case $option in
      --broker) broker=$value ;;
      --broker-port) broker_port=$value ;;
      --mqtt-user) mqtt_user=$value ;;
      --mqtt-password-file) password_file=$value ;;
      --device-id) device_id=$value ;;
      --camera) camera=$value ;;
      --site) site=$value ;;
      --basis) basis=$value ;;
      --wheel) wheel=$value ;;
      *) wrong_usage "$option is an unknown option" ;;
    esac
  done
}

check_options() {
  [ -z "$purge" ] || [ "$action" = uninstall ] || wrong_usage "--purge goes with --uninstall"
  [[ $broker != *[[:space:]/]* ]] || wrong_usage "--broker is $broker; expected a host's name or address"
  if [ -n "$broker_port" ] && ! { [[ $broker_port =~ ^[0-9]{1,5}$ ]] && ((10#$broker_port >= 1 && 10#$broker_port <= 65535)); }; then
    wrong_usage "--broker-port is $broker_port; expected 1 to 65535"
  fi
  [[ -z $device_id || $device_id =~ ^[A-Za-z0-9_-]{1,64}$ ]] ||
    wrong_usage "--device-id is $device_id; expected 1 to 64 letters, digits, - and _"
  [[ -z $mqtt_user || $mqtt_user != *:* ]] || wrong_usage "--mqtt-user is $mqtt_user; expected a name without a colon"
  [ -z "$password_file" ] || [ -n "$mqtt_user$with_broker" ] || [ -e "$CONFIG" ] ||
    wrong_usage "--mqtt-password-file is given without --mqtt-user; expected both"
  if [ -n "$with_broker" ]; then
    [[ $broker =~ ^(|localhost|127\.0\.0\.1)$ ]] ||
      wrong_usage "--broker is $broker, and --with-broker puts one on this device; expected one of the two"
    [ -z "$broker_port" ] || wrong_usage "--with-broker listens on port 1883; leave --broker-port out"
    [ "$mqtt_user" != "$BROKER_READER" ] || wrong_usage "--mqtt-user is $BROKER_READER, the reader's login; expected another"
  fi
  check_camera_option
  check_site
  [ -z "$wheel" ] || [[ -r $wheel && ${wheel##*/} =~ ^mien-[0-9][^-]*-py3-none-any\.whl$ ]] ||
    die "$wheel of --wheel is no wheel of mien that can be read; expected mien-VERSION-py3-none-any.whl"
  [ -z "$password_file" ] || check_password_file
}

check_camera_option() {
  local path
  case $camera in
    "" | auto | picamera2 | v4l2:/dev/?*) ;;
    v4l2:*) [[ ${camera#v4l2:} =~ ^[0-9]+$ ]] || wrong_usage "--camera is $camera; expected v4l2:NUMBER or v4l2:/dev/PATH" ;;
    file:*://*) ;;
    file:?*)
      path=${camera#file:}
      [[ $path = /* ]] || wrong_usage "--camera is $camera; expected a path from the root, such as file:/srv/room.mp4"
      # The unit hides homes, and has a /tmp of its own.
      [[ ! $path =~ ^/(home|root|tmp|var/tmp|run/user)(/|$) ]] ||
        die "the service cannot see $path (homes and /tmp are hidden from it); put it elsewhere, such as /srv"
      [ -e "$path" ] || die "$path of --camera is not there"
      ;;
    *) wrong_usage "--camera is $camera; expected auto, picamera2, v4l2:NUMBER or file:PATH" ;;
  esac
}

# What the daemon would refuse is refused before minutes are spent on building it.
check_site() {
  [[ $site =~ ^(|home|research|exhibition|medical|safety|work|education|other)$ ]] ||
    wrong_usage "--site is $site; expected home, research, exhibition, medical, safety or other (work and education with --basis)"
  [[ -z $basis || $basis =~ ^(medical|safety):\ ?[^\ ].{7,299}$ ]] ||
    wrong_usage "--basis is $basis; expected \"medical: …\" or \"safety: …\" and what for, at most 300 characters"
  [[ ! $site =~ ^(work|education)$ || -n $basis ]] || [ -e "$CONFIG" ] ||
    wrong_usage "--site is $site without --basis; in the EU inferring emotions there is prohibited but for medical or safety reasons (Regulation (EU) 2024/1689, Article 5(1)(f)); expected another site, or that reason"
}

check_password_file() {
  if [ ! -f "$password_file" ] || [ ! -r "$password_file" ]; then
    die "$password_file of --mqtt-password-file cannot be read"
  fi
  [ -n "$(head -n 1 "$password_file" | tr -d '\r\0')" ] || die "the first line of $password_file is empty; expected the password"
}

# ── the system ───────────────────────────────────────────────────────────────────────────────────────────

check_system() {
  local architecture name
  [ -n "$wheel" ] || [ -f "$checkout/pyproject.toml" ] ||
    die "$checkout holds no pyproject.toml; run install.sh from a whole checkout of mien, or mien service install where pip installed it"
  [ -r "$FACTS/etc/os-release" ] || die "this is no Debian; expected Raspberry Pi OS or Debian, bookworm or trixie, 64-bit"
  name=$(os_release PRETTY_NAME) codename=$(os_release VERSION_CODENAME)
  [[ $(os_release ID) =~ ^(debian|raspbian)$ && $codename =~ ^(bookworm|trixie)$ ]] ||
    die "this is ${name:-an unknown system}; expected Raspberry Pi OS or Debian, bookworm (12) or trixie (13), 64-bit"
  # The packages' architecture: a 64-bit kernel may well run a 32-bit system.
  architecture=$(dpkg --print-architecture)
  [[ $architecture =~ ^(arm64|amd64)$ ]] ||
    die "this system is $architecture; expected arm64 (the 64-bit image of Raspberry Pi OS) or amd64: the TFLite runtime has no other"
  check_model
  [ -n "$dry_run" ] || [ -d /run/systemd/system ] || die "systemd does not run here; expected a booted system, not a chroot"
  check_disk
}

os_release() { sed -nE "s/^$1=\"?([^\"]*)\"?\$/\1/p" "$FACTS/etc/os-release"; }

# The board. A machine without a device tree is a PC or a virtual machine, and will do.
check_model() {
  local file=$FACTS/proc/device-tree/model model
  [ -r "$file" ] || return 0
  model=$(tr -d '\0' <"$file")
  [[ $model =~ ^"Raspberry Pi "(3|4|5|400|500|"Zero 2"|"Compute Module "[345])( |\+|$) ]] ||
    die "this board is \"$model\"; expected a Raspberry Pi 3, 4, 5 or Zero 2 W"
}

check_disk() {
  local folder=$HOME_DIR free_mb
  while [ ! -d "$folder" ]; do folder=$(dirname "$folder"); done
  free_mb=$(df --output=avail -BM "$folder" | tail -n 1 | tr -dc 0-9)
  ((free_mb >= NEEDED_MB)) || die "$folder has $free_mb MB free; expected at least $NEEDED_MB MB"
}

check_broker_is_ours() {
  local foreign
  foreign=$(grep -lsE '^[[:space:]]*(listener|port|allow_anonymous|password_file|acl_file)[[:space:]]' \
    /etc/mosquitto/mosquitto.conf /etc/mosquitto/conf.d/*.conf | grep -vxF "$BROKER_CONFIG" | head -n 1) || true
  [ -z "$foreign" ] || die "mosquitto is already set up by $foreign; leave --with-broker out and give --broker localhost with a login of it"
}

# ── the camera ───────────────────────────────────────────────────────────────────────────────────────────

# Turn `auto` into a camera, and find out whether Picamera2 is needed.
choose_camera() {
  local source=$camera
  if [ -z "$source" ] && [ -e "$CONFIG" ]; then
    source=$(configured_camera)
  elif [ -z "$source" ] || [ "$source" = auto ]; then
    source=$(find_camera)
    camera=$source
    if [ "$source" = none ]; then
      say "no camera found; mien looks for /dev/video0. Once one is connected: install.sh --camera auto"
      camera=v4l2:0
    else
      say "camera $source"
    fi
  fi
  [[ $source = picamera2* ]] || return 0
  has_package python3-picamera2 || die "this system's archives have no python3-picamera2, which comes with Raspberry Pi OS; a USB camera is --camera v4l2:0"
  site_packages=yes
}

configured_camera() {
  command -v python3 >/dev/null || return 0
  python3 - "$CONFIG" <<'END' 2>/dev/null || true
import sys, tomllib
print(tomllib.load(open(sys.argv[1], "rb")).get("camera", {}).get("source", ""))
END
}

# A sensor on the ribbon cable shows as a sub-device named after its place on the bus, such as "imx708 10-001a".
find_camera() {
  local folder=$FACTS/sys/class/video4linux device by_id
  if grep -qsE ' [0-9]+-[0-9a-f]{4}$' "$folder"/v4l-subdev*/name && has_package python3-picamera2; then
    echo picamera2
    return
  fi
  for device in "$folder"/video*; do
    # A USB camera has a second device, index 1, for its metadata.
    [[ -e $device && $(readlink -f "$device") = */usb* && $(cat "$device/index" 2>/dev/null) = 0 ]] || continue
    # A name that stays the same when another camera is plugged in.
    for by_id in /dev/v4l/by-id/*-index0; do
      [ "$(readlink -f "$by_id")" = "/dev/${device##*/}" ] || continue
      echo "v4l2:$by_id"
      return
    done
    echo "v4l2:${device##*/video}"
    return
  done
  echo none
}

# ── Debian packages ──────────────────────────────────────────────────────────────────────────────────────

is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

has_candidate() { [[ $(LC_ALL=C apt-cache policy "$1" 2>/dev/null) =~ "Candidate: "[^\(] ]]; }

# Whether a package is there or can be had; a fresh image may not have its lists yet.
has_package() {
  if is_installed "$1" || has_candidate "$1"; then return 0; fi
  [ -z "$dry_run" ] || return 1
  apt_get update
  has_candidate "$1"
}

# Without a prompt, and waiting for the upgrades that a fresh image runs by itself.
apt_get() {
  quietly env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 apt-get -qy \
    -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confold "$@"
}

install_packages() {
  local package missing=()
  packages=(python3 python3-venv)
  [ -z "$site_packages" ] || packages+=(python3-picamera2)
  [ -z "$with_broker" ] || packages+=(mosquitto)
  for package in "${packages[@]}"; do
    is_installed "$package" || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  step "installing Debian packages: ${missing[*]}" || return 0
  # What an interrupted run left half unpacked.
  quietly env DEBIAN_FRONTEND=noninteractive dpkg --configure -a
  apt_get update
  apt_get install --no-install-recommends "${missing[@]}"
  mkdir -p "$HOME_DIR"
  printf '%s\n' "${missing[@]}" >>"$HOME_DIR/packages"
}

# ── a version ────────────────────────────────────────────────────────────────────────────────────────────

# VERSION-HASH: the hash is that of all that makes the environment what it is.
version_name() {
  local number hash
  if [ -n "$wheel" ]; then
    number=$(basename "$wheel" | cut -d - -f 2)
  else
    number=$(sed -nE 's/^version = "(.*)"$/\1/p' "$checkout/pyproject.toml")
  fi
  hash=$(
    {
      hash_sources
      python3 --version 2>&1 || true
      echo "site packages: $site_packages"
    } | sha256sum | cut -c 1-10
  )
  echo "$number-$hash"
}

hash_sources() {
  if [ -n "$wheel" ]; then
    sha256sum <"$wheel"
    return
  fi
  cd "$checkout"
  find edge convert training models systemd pyproject.toml README.md -type f ! -path '*/__pycache__/*' -print0 |
    LC_ALL=C sort -z | xargs -0 sha256sum
}

build_version() {
  local name=$1 folder=$VERSIONS/$1 options=()
  if [ -e "$folder/complete" ] && "$folder/venv/bin/mien" --version >/dev/null 2>&1; then
    say "version $name is built already"
    return
  fi
  step "building version $name, some minutes on a small Pi" || return 0
  [ -z "$site_packages" ] || options=(--system-site-packages)
  rm -rf "$folder"
  mkdir -p "$folder/tmp"
  quietly python3 -m venv "${options[@]}" "$folder/venv"
  # No cache: the card is small. A temporary folder on the card: /tmp may be memory, of which there is less.
  # No sources but ours: building numpy on a Pi takes hours.
  options=(--no-cache-dir --disable-pip-version-check --no-input --only-binary=:all:)
  local constraints=$checkout/systemd/constraints-$codename.txt
  [ ! -e "$constraints" ] || options+=(--constraint "$constraints")
  quietly env TMPDIR="$folder/tmp" "$folder/venv/bin/pip" install "${options[@]}" "${wheel:-$checkout}"
  # The float networks are for training; a device has no use for them.
  find "$folder/venv" -path '*/_resources/models/*/source.keras' -delete
  rm -rf "$folder/tmp"
  cp "$checkout"/systemd/{mien.service,60-mien.rules,mien.toml} "$folder/"
  sync -f "$folder"
  touch "$folder/complete"
}

# ── configuration ────────────────────────────────────────────────────────────────────────────────────────

# Write what the options say into mien.toml, made from the annotated one where there is none; all else stays.
configure() {
  local folder=$VERSIONS/$1 keys=()
  [ -z "$device_id" ] || keys+=("device.id=$device_id")
  [ -z "$site" ] || keys+=("device.site=$site")
  [ -z "$basis" ] || keys+=("device.basis=$basis")
  [ -z "$camera" ] || keys+=("camera.source=$camera")
  [[ $camera != file:* || $camera = file:*://* ]] || keys+=("camera.loop=true")
  [ -z "$broker" ] || keys+=("mqtt.host=$broker")
  [ -z "$home_assistant" ] || keys+=("homeassistant.enabled=true")
  [ -z "$broker_port" ] || keys+=("mqtt.port=$broker_port")
  [ -z "$mqtt_user" ] || keys+=("mqtt.username=$mqtt_user")
  if [ -e "$CONFIG" ] && [ ${#keys[@]} = 0 ]; then
    step "keeping $CONFIG" || return 0
  else
    step "writing $CONFIG" || return 0
  fi
  keep_before "$CONFIG"
  local complaint
  complaint=$("$folder/venv/bin/python" "$checkout/systemd/configure.py" "$folder/mien.toml" "$CONFIG" "${keys[@]}" 2>&1) ||
    die "$complaint; nothing was switched"
}

# The password is read by systemd as root; for the service it must exist, and may be empty.
put_password() {
  local from=/dev/null
  if [ -n "$password_file" ] && ! [ "$password_file" -ef "$PASSWORD" ]; then
    from=$password_file
    step "copying the password to $PASSWORD" || return 0
  elif [ -e "$PASSWORD" ] || [ -n "$dry_run" ]; then
    return 0
  fi
  mkdir -p "$CONFIG_DIR"
  keep_before "$PASSWORD"
  put 0600 "$from" "$PASSWORD"
}

# Put a file at its place in one move, so that it is never seen half written.
put() {
  install -m "$1" "$2" "$3.new"
  mv -T "$3.new" "$3"
}

keep_before() { [ ! -e "$1" ] || cp -p "$1" "$1.before"; }

bring_back() {
  local file
  for file in "$CONFIG" "$PASSWORD"; do
    [ ! -e "$file.before" ] || mv -T "$file.before" "$file"
  done
}

# ── the broker ───────────────────────────────────────────────────────────────────────────────────────────

install_broker() {
  [ -n "$with_broker" ] || return 0
  broker=localhost
  mqtt_user=${mqtt_user:-mien}
  step "setting up mosquitto on port 1883, user $mqtt_user writes, user $BROKER_READER reads" || return 0
  put 0644 "$checkout/systemd/mosquitto/mien.conf" "$BROKER_CONFIG"
  sed "s/^user mien\$/user $(sed 's/[&\/\\]/\\&/g' <<<"$mqtt_user")/" "$checkout/systemd/mosquitto/mien.acl" |
    put_for_broker "$BROKER_ACL"
  if [ -e "$BROKER_LOGINS" ] && grep -q "^$mqtt_user:" "$BROKER_LOGINS" && [ -s "$PASSWORD" ]; then
    say "the broker's logins stay as they are"
  else
    make_logins
  fi
  quietly systemctl enable --quiet mosquitto
  quietly systemctl restart mosquitto
}

# The reader's password is shown and kept nowhere but as a hash. It is shown before it counts: where this is
# interrupted, the next run makes another.
make_logins() {
  local reader
  reader=$(new_password)
  if [ -z "$password_file" ]; then
    mkdir -p "$CONFIG_DIR"
    (umask 077 && new_password >"$PASSWORD.new")
    mv -T "$PASSWORD.new" "$PASSWORD"
  else
    put 0600 "$password_file" "$PASSWORD"
  fi
  say "  login for reading, shown only now: user $BROKER_READER, password $reader"
  say "  from elsewhere: mien watch --host $(uname -n) --mqtt-user $BROKER_READER --mqtt-password-file FILE"
  {
    printf '%s:%s\n' "$mqtt_user" "$(head -n 1 "$PASSWORD" | tr -d '\r')"
    printf '%s:%s\n' "$BROKER_READER" "$reader"
  } | put_for_broker "$BROKER_LOGINS" mosquitto_passwd -U
}

new_password() { head -c 18 /dev/urandom | base64 | tr '+/' '-_'; }

# Standard input to a file that the broker alone reads, worked on by a command before it is put in place.
put_for_broker() {
  local file=$1
  shift
  (umask 077 && cat >"$file.new")
  [ $# = 0 ] || quietly "$@" "$file.new"
  chown mosquitto:mosquitto "$file.new"
  chmod 0600 "$file.new"
  mv -T "$file.new" "$file"
}

# ── switching ────────────────────────────────────────────────────────────────────────────────────────────

version_at() { basename "$(readlink "$HOME_DIR/$1" 2>/dev/null)" 2>/dev/null || true; }

# Point current or previous at a version, in one move.
point() {
  ln -sfn "versions/$2" "$HOME_DIR/$1.new"
  mv -T "$HOME_DIR/$1.new" "$HOME_DIR/$1"
}

# Make a version the one that runs, now and at boot.
activate() {
  local folder=$VERSIONS/$1
  point current "$1"
  put 0644 "$folder/mien.service" "$UNIT"
  put 0644 "$folder/60-mien.rules" "$RULES"
  # Google's own rule gives the cards to this group, and comes after ours.
  if getent group apex >/dev/null; then
    mkdir -p "$UNIT.d"
    printf '[Service]\nSupplementaryGroups=apex\n' >"$APEX_DROP_IN"
  else
    rm -f "$APEX_DROP_IN"
  fi
  quietly systemctl daemon-reload
  reload_rules
  quietly systemctl enable --quiet mien.service
  # Not restarted: a stop also clears the record of failures, for which the daemon would wait before it tries again.
  quietly systemctl stop mien.service
  systemctl reset-failed mien.service 2>/dev/null || true
  quietly systemctl start --no-block mien.service
}

# Without udev, as in some containers, there are no devices to give away either.
reload_rules() {
  udevadm control --reload >>"$LOG" 2>&1 || return 0
  udevadm trigger --action=change --subsystem-match=usb --subsystem-match=apex --subsystem-match=dma_heap >>"$LOG" 2>&1 || true
}

unit_says() { systemctl show --property="$1" --value mien.service; }

# Whether the service says that it is ready, and stays so for a while.
comes_up() {
  local deadline_s=$((SECONDS + START_WITHIN_S)) restarts
  while [ "$(unit_says ActiveState)" != active ]; do
    [ "$(unit_says ActiveState)" != failed ] && (($(unit_says NRestarts) < 3 && SECONDS < deadline_s)) || return 1
    sleep 0.3
  done
  restarts=$(unit_says NRestarts)
  sleep "$SETTLE_S"
  [ "$(unit_says ActiveState)" = active ] && [ "$(unit_says NRestarts)" = "$restarts" ]
}

# The last words since a time of a daemon that ended, else of the one that lives, else of systemd about it.
why_not() {
  local logged words
  logged=$(journalctl -q --no-pager -u mien.service -o short --since "@$1" 2>/dev/null) || true
  words=$(grep ' mien\[' <<<"$logged" | grep -v " mien\[$(unit_says MainPID)\]:" | tail -n 1) || true
  [ -n "$words" ] || words=$(grep ' mien\[' <<<"$logged" | tail -n 1) || true
  [ -n "$words" ] || words=$(grep -i 'fail' <<<"$logged" | tail -n 1) || true
  words=${words#*]: }
  echo "${words:-systemd says $(unit_says Result)}"
}

switch_to() {
  local name=$1 current since
  current=$(version_at current)
  step "starting version $name" || return 0
  # An interrupted run may have left a version as current that was never seen to work: not one to go back to.
  if [ -n "$current" ] && [ "$current" != "$name" ] && works "$current"; then
    point previous "$current"
  fi
  since=$(date +%s)
  activate "$name"
  comes_up || go_back "$name" "$(why_not "$since")"
  touch "$VERSIONS/$name/works"
  rm -f "$CONFIG.before" "$PASSWORD.before"
  link_command
  remove_older
}

works() { [ -n "$1" ] && [ -e "$VERSIONS/$1/works" ]; }

# To the settings of before, and to the version of before where this one has never worked.
go_back() {
  local name=$1 reason=$2 before since
  before=$(version_at previous)
  ! works "$name" || before=$name
  bring_back
  if ! works "$before"; then
    link_command
    die "version $name did not come up: $reason; try mien doctor, and run this again once it is mended"
  fi
  since=$(date +%s)
  activate "$before"
  comes_up || die "version $name did not come up ($reason), nor does $before as it was before ($(why_not "$since")); try mien doctor"
  [ "$before" = "$name" ] || rm -rf "${VERSIONS:?}/$name"
  die "version $name did not come up: $reason; went back to $before as it was before, which runs"
}

link_command() {
  if [ -e "$COMMAND" ] || [ -L "$COMMAND" ]; then
    command_is_ours || { say "$COMMAND is not ours and stays; ours is $HOME_DIR/current/venv/bin/mien"; return 0; }
  fi
  mkdir -p "$(dirname "$COMMAND")"
  ln -sfn "$HOME_DIR/current/venv/bin/mien" "$COMMAND.new"
  mv -T "$COMMAND.new" "$COMMAND"
}

command_is_ours() { [[ -L $COMMAND && $(readlink "$COMMAND") = "$HOME_DIR"/* ]]; }

remove_older() {
  local folder name
  for folder in "$VERSIONS"/*/; do
    name=$(basename "$folder")
    [ "$name" = "$(version_at current)" ] || [ "$name" = "$(version_at previous)" ] || rm -rf "$folder"
  done
}

# ── uninstalling ─────────────────────────────────────────────────────────────────────────────────────────

uninstall() {
  local brought=""
  [ ! -e "$HOME_DIR/packages" ] || brought=$(sort -u "$HOME_DIR/packages" | tr '\n' ' ')
  step "removing the service, $HOME_DIR, $STATE_DIR, $RULES and $COMMAND" || { plan_purge; return 0; }
  [ ! -e "$UNIT" ] || quietly systemctl disable --now --quiet mien.service
  rm -f "$UNIT" "$UNIT.new" "$APEX_DROP_IN" "$RULES" "$RULES.new" "$CONFIG.before" "$PASSWORD.before" "$COMMAND.new"
  [ ! -d "$UNIT.d" ] || rmdir --ignore-fail-on-non-empty "$UNIT.d"
  ! command_is_ours || rm -f "$COMMAND"
  quietly systemctl daemon-reload
  systemctl reset-failed mien.service 2>/dev/null || true
  reload_rules
  # A dynamic user's own folder stands in private/, and a link where one looks for it.
  rm -rf "$HOME_DIR" "$STATE_DIR" "${STATE_DIR%/*}/private/${STATE_DIR##*/}"
  # systemd leaves the link to a dynamic user's folder behind.
  if [ -L /run/mien ] && [ ! -e /run/mien ]; then rm -f /run/mien; fi
  if [ -n "$purge" ]; then
    purge_configuration
  elif [ -e "$CONFIG_DIR" ]; then
    say "$CONFIG_DIR stays; --uninstall --purge removes it too"
  fi
  [ -z "$brought" ] || say "Debian packages that came with it stay, others may use them: apt-get remove ${brought% }"
}

plan_purge() { [ -z "$purge" ] || say "dry run: removing $CONFIG_DIR and the broker's settings"; }

purge_configuration() {
  say "removing $CONFIG_DIR and the broker's settings"
  rm -rf "$CONFIG_DIR" "$UNIT.d"
  [ -e "$BROKER_CONFIG" ] || return 0
  rm -f "$BROKER_CONFIG" "$BROKER_ACL" "$BROKER_LOGINS" "$BROKER_CONFIG.new" "$BROKER_ACL.new" "$BROKER_LOGINS.new"
  systemctl try-restart mosquitto >>"$LOG" 2>&1 || true
}

# ── all of it ────────────────────────────────────────────────────────────────────────────────────────────

take_lock() {
  exec 9<"$LOCK"
  flock -n 9 || die "another install.sh is at work; wait for it to end"
  : >"$LOG"
}

install_all() {
  local name
  choose_camera
  install_packages
  name=$(version_name)
  build_version "$name"
  install_broker
  configure "$name"
  put_password
  switch_to "$name"
  [ -n "$dry_run" ] || say "mien runs: mien watch shows what it tells, journalctl -u mien what it logs"
  step "mien doctor looks at all of it" || return 0
  # The service gets its password from systemd; here it is read where systemd reads it.
  CREDENTIALS_DIRECTORY=$CONFIG_DIR "$HOME_DIR/current/venv/bin/mien" doctor || say "mien is installed; what doctor found above has its remedy beside it"
}

main() {
  parse_options "$@"
  check_options
  [ -n "$dry_run" ] || [ "$(id -u)" = 0 ] || die "needs root; expected: sudo $0"
  if [ "$action" = uninstall ]; then
    [ -n "$dry_run" ] || take_lock
    uninstall
  else
    check_system
    [ -z "$with_broker" ] || check_broker_is_ours
    [ -n "$dry_run" ] || take_lock
    install_all
  fi
  [ -n "$dry_run" ] || rm -f "$LOG"
}

main "$@"
