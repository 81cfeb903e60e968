from picprocure.cli import main

main()
