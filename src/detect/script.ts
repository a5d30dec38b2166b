/**
 * What is run on the machine, as `sh -s NONCE [ROOT]`: POSIX sh that writes nothing and never asks for root. Every section stands between two
 * lines that begin with the nonce, which nothing on the machine can know beforehand. ROOT is put before /proc and /sys: for tests. Serial
 * numbers, UUIDs and MAC addresses are not asked for. All of it is one function, so that no command can read what is left of the script.
 */
export const DETECT_SCRIPT = String.raw`main() {
  LC_ALL=C
  PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin:/opt/rocm/bin:/usr/lib/wsl/lib"
  export LC_ALL PATH
  nonce=$1
  root=$2
  # It only ends a wait.
  trap : USR1

  begin() { printf '\n%s begin %s\n' "$nonce" "$1"; }
  end() { printf '\n%s end %s %s\n' "$nonce" "$1" "$2"; }
  has() { command -v "$1" >/dev/null 2>&1; }
  # PID and whatever it started, each sent SIGNAL before its own are looked up: what is stopped starts nothing more.
  # Kernels without CONFIG_PROC_CHILDREN list none: then it is PID alone.
  family() {
    kill -"$1" "$2"
    printf '%s ' "$2"
    for each in $(cat /proc/"$2"/task/*/children); do family "$1" "$each"; done
  }
  # Whether one of PIDS is still there after SECONDS.
  outlasts() {
    left=$1
    shift
    for each; do
      while kill -0 "$each"; do
        [ "$left" -gt 0 ] || return 0
        left=$((left - 1))
        sleep 1 || return 1
      done
    done
    return 1
  }
  # Ends with 7 if PID outlasted SECONDS.
  watch() {
    outlasts "$1" "$2" || exit 0
    # From here on nobody calls it off.
    trap '' TERM
    members=$(family 0 "$2")
    kill -TERM $members
    outlasts 5 $members || exit 7
    kill -KILL $(for member in $members; do family STOP "$member"; done)
    # A driver may hold it where no signal gets through: then the script goes on without it.
    outlasts 1 "$2" && kill -USR1 $$
    exit 7
  }
  # What takes longer than SECONDS is ended with all that it started; the status is 124 then. timeout(1) will not do: GNU's takes the tool out of
  # the script's group, which rigor ends, or with --foreground spares its children, and either way those that outlive it; busybox spares them, too.
  limited() {
    seconds=$1
    shift
    "$@" &
    asked=$!
    watch "$seconds" "$asked" >/dev/null 2>&1 &
    watcher=$!
    wait "$asked" 2>/dev/null
    status=$?
    kill "$watcher" 2>/dev/null
    wait "$watcher" 2>/dev/null
    [ $? = 7 ] && status=124
    return "$status"
  }
  # tool SECTION SECONDS PROGRAM ARGUMENTS: what it says on both of its outputs.
  tool() {
    name=$1
    begin "$name"
    if has "$3"; then
      shift
      limited "$@" </dev/null 2>&1
      status=$?
    else
      status=absent
    fi
    end "$name" "$status"
  }
  # The same for programs whose answer is JSON.
  quiet() {
    name=$1
    begin "$name"
    if has "$3"; then
      shift
      limited "$@" </dev/null 2>/dev/null
      status=$?
    else
      status=absent
    fi
    end "$name" "$status"
  }
  # First line of a file as KEY=TEXT.
  line() {
    value=
    { IFS= read -r value <"$2"; } 2>/dev/null
    [ -n "$value" ] && printf '%s=%s\n' "$1" "$value"
  }

  begin system
  printf 'kernel=%s\n' "$(uname -s 2>/dev/null)"
  printf 'architecture=%s\n' "$(uname -m 2>/dev/null)"
  printf 'host=%s\n' "$(uname -n 2>/dev/null)"
  line load "$root/proc/loadavg"
  end system 0

  full=memory.total,power.limit,power.default_limit,power.max_limit,power.draw,utilization.gpu,pcie.link.gen.max,pcie.link.width.max,mig.mode.current
  tool nvidia 60 nvidia-smi "--query-gpu=index,$full,name" --format=csv,nounits
  case $status in
    0) tool nvidia-links 60 nvidia-smi topo -m ;;
    absent | 124) ;;
    # Drivers that do not know one of the fields refuse them all.
    *)
      tool nvidia-short 60 nvidia-smi --query-gpu=index,memory.total,power.limit,power.draw,name --format=csv,nounits
      [ "$status" = 0 ] && tool nvidia-links 60 nvidia-smi topo -m
      ;;
  esac
  quiet amd 60 rocm-smi --showproductname --showmeminfo vram --showmaxpower --showtopotype --json

  begin display-devices
  for device in "$root"/sys/bus/pci/devices/*; do
    value=
    { IFS= read -r value <"$device/class"; } 2>/dev/null
    case $value in
      0x0300* | 0x0302* | 0x0380* | 0x1200*) line vendor "$device/vendor" ;;
    esac
  done
  end display-devices 0

  quiet lscpu 20 lscpu -J
  if [ "$status" != 0 ]; then
    begin cpuinfo
    grep -E '^(processor|model name|physical id|cpu cores)' "$root/proc/cpuinfo" 2>/dev/null
    end cpuinfo $?
  fi

  begin memory
  grep -E '^MemTotal:' "$root/proc/meminfo" 2>/dev/null
  end memory $?

  quiet lsblk 20 lsblk -J -b -d -o NAME,SIZE,ROTA,TYPE,TRAN,MODEL

  begin network
  for link in "$root"/sys/class/net/*; do
    # Bridges, tunnels and the like hang on no device; parts of a card that virtual machines may have are no cards.
    [ -e "$link/device" ] && ! [ -e "$link/device/physfn" ] || continue
    printf 'interface=%s\n' "$(basename "$link")"
    line type "$link/type"
    line state "$link/operstate"
    line megabits "$link/speed"
  done
  for port in "$root"/sys/class/infiniband/*/ports/*; do
    [ -e "$port/rate" ] && ! [ -e "$port/../../device/physfn" ] || continue
    printf 'port=%s\n' "$(basename "$(dirname "$(dirname "$port")")")"
    line layer "$port/link_layer"
    line state "$port/state"
    line rate "$port/rate"
  done
  end network 0

  begin dmi
  for key in sys_vendor product_name board_name chassis_type; do
    line "$key" "$root/sys/class/dmi/id/$key"
  done
  end dmi 0

  tool dmidecode 10 dmidecode -t 39
  tool ipmi 15 ipmitool dcmi power reading

  begin sensors
  for monitor in "$root"/sys/class/hwmon/hwmon*; do
    for file in "$monitor"/power[0-9]_average "$monitor"/power[0-9]_input; do
      [ -r "$file" ] || continue
      line monitor "$monitor/name"
      line microwatts "$file"
    done
  done
  end sensors 0

  begin fans
  for monitor in "$root"/sys/class/hwmon/hwmon*; do
    for fan in "$monitor"/fan[0-9]*_input; do
      [ -r "$fan" ] || continue
      printf 'fan=%s\n' "$(basename "$fan")"
      line monitor "$monitor/name"
      line turns "$fan"
    done
  done
  end fans 0

  begin batteries
  for supply in "$root"/sys/class/power_supply/*; do
    [ -r "$supply/type" ] || continue
    printf 'supply=%s\n' "$(basename "$supply")"
    for key in type scope status power_now voltage_now current_now; do
      line "$key" "$supply/$key"
    done
  done
  end batteries 0

  begin processors-power
  readable=
  for turn in 1 2; do
    line uptime "$root/proc/uptime"
    for zone in "$root"/sys/class/powercap/intel-rapl:[0-9] "$root"/sys/class/powercap/intel-rapl:[0-9][0-9]; do
      [ -e "$zone/energy_uj" ] || continue
      if [ -r "$zone/energy_uj" ]; then
        readable=1
        line microjoules "$zone/energy_uj"
      else
        printf 'unreadable=1\n'
      fi
    done
    [ -n "$readable" ] && [ "$turn" = 1 ] && sleep 1
  done
  end processors-power 0

  printf '\n%s done\n' "$nonce"
}
main "$@"
`
