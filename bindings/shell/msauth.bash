# Completion of msauth for bash: install it as /usr/share/bash-completion/completions/msauth, or source it.
#
# The program itself is asked what there is, so that nothing stands here a second time. The keyring is never unlocked
# for it, and a name is compared as it is: compgen -W would run what a name says in $(…).

_msauth_complete() {
    local word=$1 candidate
    shift
    for candidate; do
        [[ $candidate == "$word"* ]] && COMPREPLY+=("$candidate")
    done
}

_msauth() {
    local program=${COMP_WORDS[0]} word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    local command=${COMP_WORDS[1]} line
    local -a lines=() flags=() values=()
    COMPREPLY=()
    if ((COMP_CWORD == 1)); then
        mapfile -t lines < <("$program" help --names 2>/dev/null)
        _msauth_complete "$word" "${lines[@]}" --help --version
        return
    fi
    mapfile -t lines < <("$program" "$command" --flags 2>/dev/null)
    for line in "${lines[@]}"; do
        # A flag, and the words it takes.
        read -ra values <<<"$line"
        if [[ ${values[0]} == "$before" ]] && ((${#values[@]} > 1)); then
            _msauth_complete "$word" "${values[@]:1}"
            return
        fi
        flags+=("${values[0]}")
    done
    if [[ $word == -* ]]; then
        _msauth_complete "$word" "${flags[@]}"
    elif [[ $before != -* || $before == --no-* ]]; then
        case $command in
            help) mapfile -t lines < <("$program" help --names 2>/dev/null) ;;
            resume | token | status | connect | disconnect)
                mapfile -t lines < <("$program" list --names --store-timeout 2 2>/dev/null) ;;
            *) lines=() ;;
        esac
        _msauth_complete "$word" "${lines[@]}"
    fi
}

# The shell's own file names where there is nothing of ours: --ca-file PATH.
complete -o default -F _msauth msauth
