"""What a screen is to show, signed: the contract between server and player.

The law of this package: no clock, no network, no database, and no disk except :mod:`playlists.files`.
Time is an argument; everything here is a function of its inputs, so both sides decide alike.
"""
