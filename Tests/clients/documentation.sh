#!/bin/bash
# documentation.sh: what docs/ tells people to type and to write is done: the commands of docs/start.md and docs/rootless.md, and each
# file of docs/examples by the engine that it is for, with the path of the runtime under test in the place of /usr/bin/veloci.
. "$(dirname "$0")/library.sh"
need busybox:busybox-static jq:jq tar:tar setpriv:util-linux
chmod 711 "$work"; mkdir -p "$work/bin"
busybox_tree "$work/tree"; tar cf "$work/tree.tar" --numeric-owner -C "$work/tree" .
# blocks PAGE WORD: the shell's blocks of a page that are marked so
blocks() { awk -v mark="^\`\`\`sh test=$2\$" '$0 ~ mark { inside = 1; next } /^```/ { inside = 0 } inside' "$repository/docs/$1.md"; }
# example FILE: it, with the runtime under test
example() { sed "s,/usr/bin/veloci,$RUNTIME,g" "$repository/docs/examples/$1"; }
printf '#!/bin/sh\nexec %q --root "${STATE:-%q}" "$@"\n' "$RUNTIME" "$work/state" >"$work/bin/veloci"; chmod +x "$work/bin/veloci"

# --- the pages
by_hand() { mkdir -p "$work/start" && cd "$work/start" && { echo 'set -e'; blocks start root; } >commands && [ "$(wc -l <commands)" -gt 12 ] && PATH=$work/bin:$PATH bash commands; }
check "docs/start.md, as root" matches 'hello from veloci.*"status": "created"' by_hand
without_root() {
    mkdir -p "$work/user" && chown 1000:1000 "$work/user" && cd "$work/user" && { echo 'set -e'; blocks rootless user; } >"$work/user/commands" && [ "$(wc -l <commands)" -gt 6 ] &&
        setpriv --reuid 1000 --regid 1000 --clear-groups env HOME="$work/user" STATE="$work/user/state" PATH="$work/bin:$PATH" bash commands
}
check "docs/rootless.md, as a user" matches 'uid=0' without_root

# --- podman
if ! command -v podman >/dev/null || ! command -v conmon >/dev/null; then skip "containers.conf" "not installed: podman conmon"; else
    . "$here/podman-settings.sh"
    # the example, then what this machine needs
    { example containers.conf; sed -n '/^\[engine\]/,$p' "$work/containers.conf" | tail -n +2 | sed 's/^/# /'; } >"$work/with-example.conf"
    sed "/^runtime = /a cgroup_manager = \"$manager\"\nevents_logger = \"file\"\nlock_type = \"file\"" "$work/with-example.conf" >"$work/engine.conf"
    sed -n '1,/^\[engine\]/p' "$work/containers.conf" | sed '$d' >>"$work/engine.conf"
    pod() { CONTAINERS_CONF=$work/engine.conf podman --root "$work/storage" --runroot "$work/run" --tmpdir "$work/tmp" --storage-driver $storage_driver "$@"; }
    before_clean_up() { pod rm -a -f -t 0; }
    check "containers.conf: podman takes the runtime" expect "veloci $RUNTIME" pod info --format '{{.Host.OCIRuntime.Name}} {{.Host.OCIRuntime.Path}}'
    import() { pod import --signature-policy "$work/policy.json" "$work/tree.tar" localhost/busybox || pod import "$work/tree.tar" localhost/busybox; }
    run_it() { import >/dev/null && pod run --rm "${place[@]}" localhost/busybox echo hello; }
    check "containers.conf: podman runs" expect hello run_it
    words() { pod run --rm "${place[@]}" localhost/busybox /no/such/program 2>&1 || true; }
    check "containers.conf: and shows its words" matches 'no such file or directory' words
    check "containers.conf: also without a control group" expect hello pod run --rm --cgroups disabled --network none localhost/busybox echo hello
fi

# --- Docker, Swarm
if ! command -v dockerd >/dev/null || ! command -v iptables >/dev/null; then skip "daemon.json" "not installed: docker.io iptables"; else
    export DOCKER_CONFIG=$work/docker-config DOCKER_HOST=unix://$work/docker.sock; mkdir -p "$DOCKER_CONFIG"
    example daemon.json >"$work/daemon.json"
    dockerd --config-file "$work/daemon.json" --data-root "$work/data" --exec-root "$work/exec" --pidfile "$work/docker.pid" --host "$DOCKER_HOST" \
        --bridge none --iptables=false --ip6tables=false --cgroup-parent "$client_parent" --exec-opt native.cgroupdriver=$manager \
        --default-ulimit nofile=1024:1024 --default-ulimit nproc=4096:4096 --log-level warn >"$work/log/dockerd" 2>&1 & daemon=$!
    before_clean_up() {
        local turn
        [ "$(type -t pod)" != function ] || pod rm -a -f -t 0
        docker swarm leave --force
        # shellcheck disable=SC2046
        docker rm -f $(docker ps -aq)
        kill "$daemon"; for turn in $(seq 50); do kill -0 "$daemon" || break; sleep 0.1; done; wait "$daemon"
    }
    ready() { kill -0 "$daemon" && docker info; }
    necessary "daemon.json: dockerd answers" eventually ready
    check "daemon.json: it is the default" expect veloci docker info --format '{{.DefaultRuntime}}'
    check "daemon.json: an image" docker import "$work/tree.tar" busybox
    check "daemon.json: Docker runs" expect hello docker run --rm --network none busybox echo hello
    check "daemon.json: by its name" expect hello docker run --rm --runtime veloci --network none busybox echo hello
    swarm() { docker swarm init --advertise-addr 127.0.0.1 --listen-addr 127.0.0.1:0 >"$work/swarm" 2>&1; }
    if swarm; then
        service() { docker service create --detach --no-resolve-image --network host --name documented busybox sleep 1000 && eventually running; }
        running() { docker service ps --format '{{.CurrentState}}' documented | grep -q '^Running'; }
        check "daemon.json: a service of Swarm runs" service
        of_service() { docker inspect --format '{{.HostConfig.Runtime}}' "$(docker ps -q --filter label=com.docker.swarm.service.name=documented)"; }
        check "daemon.json: by the default runtime" expect veloci of_service
    else skip "daemon.json: a service of Swarm" "no swarm here: $(tail -n 1 "$work/swarm")"; fi
fi

# --- containerd: that it understands the file; ctr does not ask its plugin for Kubernetes
if ! command -v containerd >/dev/null; then skip "containerd-1.toml" "not installed: containerd"; else
    version=$(containerd --version | grep -oE '[0-9]+\.[0-9]+' | head -n 1)
    understands() {
        example "$1" >"$work/$1" && containerd --config "$work/$1" config dump >"$work/dump" && grep -A 40 'containerd.runtimes.veloci\]' "$work/dump" | grep -E "BinaryName = [\"']${RUNTIME}[\"']" && grep -A 40 'runtimes.veloci.options\]' "$work/dump" | grep 'SystemdCgroup = true' &&
            grep -E "default_runtime_name = [\"']veloci[\"']" "$work/dump"
    }
    check "containerd-1.toml: containerd $version takes it" understands containerd-1.toml
    case $version in
    1.*) skip "containerd-2.toml" "containerd $version is older" ;;
    *) check "containerd-2.toml: containerd $version takes it" understands containerd-2.toml ;;
    esac
fi

# --- CRI-O
if ! command -v crio >/dev/null; then skip "crio.conf" "not installed: crio (Debian 12 has none)"; else
    crio_takes() { example crio.conf >"$work/crio.conf" && crio --config "$work/crio.conf" config 2>/dev/null | grep -A 3 'runtimes.veloci\]' | grep "$RUNTIME"; }
    check "crio.conf: CRI-O takes it" crio_takes
fi

# --- Slurm: its commands, with what slurmstepd puts in
slurm() { example oci.conf | sed -n "s/^$1=\"\(.*\)\"\$/\1/p" | sed "s/%U/$$-user/g; s/%n/node/g; s/%u/user/g; s/%j/12/g; s/%s/0/g; s/%t/0/g; s,%b,$work/slurm,g; s,--root=/tmp/,--root=$work/,g"; }
slurm_bundle() {
    mkdir -p "$work/slurm" && cp -a "$work/tree" "$work/slurm/rootfs" && "$RUNTIME" spec --rootless --bundle "$work/slurm" &&
        jq '.process.terminal = false | .process.args = ["sh", "-c", "read line; echo got $line; exit 7"]' "$work/slurm/config.json" >"$work/slurm.json" && mv "$work/slurm.json" "$work/slurm/config.json"
}
check "oci.conf: a bundle" slurm_bundle
slurm_run() { local end=0; echo fed | eval "$(slurm RunTimeRun)" || end=$?; [ $end = 7 ]; }
check "oci.conf: RunTimeRun keeps input and exit status" expect "got fed" slurm_run
slurm_life() {
    sed -i 's/read line.*exit 7/exec sleep 1000/' "$work/slurm/config.json"
    bash -c "$(slurm RunTimeRun)" </dev/null & local job=$! end=0
    slurm_runs() { eval "$(slurm RunTimeQuery)" | jq -e '.status == "running"'; }
    eventually slurm_runs && eval "$(slurm RunTimeKill)"; wait $job || end=$?
    eval "$(slurm RunTimeDelete)"; [ $end = 137 ]
}
check "oci.conf: RunTimeQuery, RunTimeKill, RunTimeDelete" slurm_life

# --- systemd
if [ ! -d /run/systemd/system ]; then skip "veloci@.service" "systemd does not run this machine"; else
    unit_bundle() {
        mkdir -p /srv/containers/documented && cp -a "$work/tree" /srv/containers/documented/rootfs && "$RUNTIME" spec --bundle /srv/containers/documented &&
            sed -i 's/"terminal": true/"terminal": false/; s/"sh"$/"sleep", "1000"/' /srv/containers/documented/config.json && example veloci@.service >/run/systemd/system/veloci@.service && systemctl daemon-reload
    }
    check "veloci@.service: a bundle and the unit" unit_bundle
    check "veloci@.service: it starts" systemctl start veloci@documented
    check "veloci@.service: the container runs" eventually bash -c "$RUNTIME state documented | jq -e '.status == \"running\"'"
    check "veloci@.service: it stops" systemctl stop veloci@documented
    check "veloci@.service: and nothing has failed" expect inactive bash -c 'systemctl is-active veloci@documented || true'
    check "veloci@.service: the container is gone" status 1 "$RUNTIME" state documented
    rm -rf /srv/containers/documented /run/systemd/system/veloci@.service; systemctl daemon-reload
fi
